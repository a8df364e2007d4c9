"""Generates a caption for an image."""

import unicodedata

import keras
import numpy as np

from mmkeras import metrics
from mmkeras.data.codecs import scripts
from mmkeras.tasks.task import Task


class Caption(Task):
    """Generates a caption for an image.

    `answer` returns `"text"`, the captions, and `"score"`, their mean
    log-probabilities.

    Args:
        model: A model from `"image"` and `"tokens"` to next-word logits, with
            a decoder layer named `"decoder"`; every `caption-*` architecture
            of the zoo is one.
        codecs: `{"image": Image(...), "text": Text(...)}`.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = "caption"
    pipeline_tag = "image-to-text"
    data_kind = "captions"
    recipe = {"examples_per_image": 5, "bucket_by_length": True}
    data_options = {"max_length": 20, "min_count": 5}
    image_size = 64
    target_field = "text"
    example_field = "caption"
    answer_keys = ("text", "score", "error")
    no_answer = {"text": "", "score": 0.0}
    size_argument = ("vocabulary_size", "tokens")
    evaluation_defaults = {"beam": 3, "length_penalty": 0.7}
    fields_of_all = ("image",)
    texts_differ = True
    metric = "cider"
    monitors = ("cider", "loss")

    @classmethod
    def expand(cls, rows):
        """Makes one example per caption, in the order of the images."""
        return [
            {**row, "caption": text, "row": i}
            for i, row in enumerate(rows)
            for text in row["captions"]
        ]

    def decode(self, outputs, errors, raw):
        text, score = self.target.decode(outputs)
        return {"text": text, "score": score}, errors

    def texts(self, examples, outputs):
        """The caption of each image, from the outputs for all examples.

        Args:
            examples: A `mmkeras.training.examples.Examples`.
            outputs: As of its `outputs`.

        Returns:
            Tuple of the rows of the images and a list of captions.
        """
        _, first = np.unique(self.units(examples.rows), return_index=True)
        texts = self.target.texts(outputs[first])
        return [examples.rows[i] for i in first], texts

    def units(self, rows):
        """Numbers the images: each has one caption, whatever its references."""
        numbers = [row["row"] for row in rows]
        return np.unique(numbers, return_inverse=True)[1]

    def statistics(self, rows, labels, choices):
        """Statistics per image; see `metrics.caption_statistics`."""
        _, first = np.unique(self.units(rows), return_index=True)
        return metrics.caption_statistics(
            self.target.texts(choices[first]),
            [rows[i]["captions"] for i in first],
            self._tokenize,
        )

    def headline_scores(self, statistics):
        return metrics.scores_of_statistics(statistics)

    def table_row(self, name, answer):
        if answer["error"]:
            last = {"error": answer["error"]}
        else:
            last = {"score": float(answer["score"])}
        return {"image": name, "caption": answer["text"], **last}

    def monitor(self, requested):
        return requested if requested in self.monitors else self.monitors[0]

    def generate(self, pixels, batch_size=64, **options):
        """Captions decoded images.

        Args:
            pixels: uint8 array of shape `(n, height, width, 3)`.
            batch_size: int.
            **options: Of `mmkeras.generation.SequenceGenerator`.

        Returns:
            List of captions.
        """
        texts = []
        for i in range(0, len(pixels), batch_size):
            x = self.normalize({"image": np.asarray(pixels[i:][:batch_size])})
            model = self.predictor(len(x["image"]), **options)
            outputs = model.predict_on_batch(x)
            texts += self.target.texts(self.target.predictions(outputs))
        return texts

    def score(self, examples, outputs):
        """Scores captions; see `mmkeras.metrics.caption_scores`."""
        rows, texts = self.texts(examples, outputs)
        return self.score_texts(texts, [row["captions"] for row in rows])

    def score_texts(self, texts, references):
        """Scores captions; see `mmkeras.metrics.caption_scores`."""
        return metrics.caption_scores(texts, references, self._tokenize)

    def attention_maps(self, pixels, text):
        """Returns the attention over image regions before each word.

        Args:
            pixels: uint8 array of shape `(height, width, 3)`.
            text: The caption.

        Returns:
            List of n words, and an array of shape `(n, regions)`.
        """
        codec = self.target.codec
        tokens = np.asarray(codec([text]))
        count = np.count_nonzero(tokens) - 2  # Without start and end.
        x = self.normalize({"image": pixels[None]})
        context = self.context_model().predict_on_batch(x)
        decoder = self.target.decoder(self.model)
        weights = decoder.attention([tokens[:, :-1], context])
        words = self.target.texts(tokens[0, 1 : count + 1, None])
        return words, keras.ops.convert_to_numpy(weights)[0, :count]

    def check(self):
        super().check()
        size = self.codecs["image"].shape[:2]
        expected = self.model.input["image"].shape[1:3]
        if any(a not in (None, b) for a, b in zip(expected, size)):
            raise ValueError(
                f"The model takes images of size {tuple(expected)}, but the "
                f"image codec returns {tuple(size)}. Use the same size for "
                "both."
            )

    def _encoded_target(self, example):
        return self.codecs["text"](example["text"])

    def _tokenize(self, text):
        """Splits captions for metrics.

        If the codec's tokens are characters, so are those of the metrics,
        without punctuation.
        """
        if self.target.codec.split == "words":
            return metrics.tokenize(text)
        form = self.target.codec.normalization or "NFC"
        text = scripts.spaced(unicodedata.normalize(form, text))
        return [
            token
            for token in metrics.tokenize(text)
            if not unicodedata.category(token[0]).startswith("P")
            or len(token) > 1
        ]
