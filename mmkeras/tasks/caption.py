"""Says what an image shows."""

import functools
import unicodedata

import keras
import numpy as np

from mmkeras import generation
from mmkeras import metrics
from mmkeras.data import encoding
from mmkeras.data import inputs
from mmkeras.data.codecs import scripts
from mmkeras.tasks.task import Task

_CUT = "frozen"  # What branches call the layer where they are cut.


class Caption(Task):
    """Says what an image shows. Codecs: `"image"` and `"text"`.

    Args:
        model: A model from `"image"` and `"tokens"` to next-word logits, with
            a branch named `"encoder"` and a decoder layer named `"decoder"`;
            every `caption-*` architecture of the zoo is one.
        codecs: `{"image": Image(...), "text": Text(...)}`.

    Raises:
        ValueError: If the model does not fit the task or the codecs.
    """

    name = "caption"
    fields = ["image"]

    def __init__(self, model, codecs):
        super().__init__(model, codecs)
        self.encoder = _part(model, "encoder")
        self.decoder = _part(model, "decoder")
        self._writers = {}
        self._check()

    def encode(self, example):
        """Maps one raw example to `(x, y)`; use it in `dataset.map`.

        Args:
            example: Dict of `"image"`, encoded bytes, and `"text"`, a
                sentence.

        Returns:
            `{"image": uint8 (height, width, 3), "tokens": (length - 1,)}` and
            the tokens one step later. Cache these, batch them, then give
            pixels in [0, 1] to the model: `task.scale`.
        """
        tokens = self.codecs["text"](example["text"])
        pixels = self.codecs["image"](example["image"])
        return {"image": pixels, "tokens": tokens[:-1]}, tokens[1:]

    def scale(self, x, y=None):
        """Turns a batch of bytes into pixels in [0, 1]; use it in `map`."""
        x = {**x, "image": self.codecs["image"].normalize(x["image"])}
        return x if y is None else (x, y)

    @functools.cached_property
    def trunk(self):
        """What of the encoder can be computed once, if it is frozen.

        All of it; or what ends in its layer named `"frozen"`, the rest being
        trained.
        """
        if not self._in_part:
            return self.encoder
        cut = self.encoder.get_layer(_CUT).output
        return keras.Model(self.encoder.input, cut, name="trunk")

    @functools.cached_property
    def top(self):
        """The rest of the encoder: from its trunk's output to its own."""
        if not self._in_part:
            cut = keras.Input(self.encoder.output_shape[1:], name="image")
            return keras.Model(cut, cut, name="top")
        cut = self.encoder.get_layer(_CUT).output
        return keras.Model(cut, self.encoder.output, name="top")

    @property
    def stem(self):
        """Name of the layer up to which a trunk may be computed apart.

        `None` if the encoder is not cut, or is trained from there on.
        """
        return _CUT if self._is_cut and not self._in_part else None

    @property
    def _in_part(self):
        """Whether the encoder is frozen only up to where it is cut."""
        return self._is_cut and bool(self.encoder.trainable_weights)

    @property
    def _is_cut(self):
        return _CUT in [layer.name for layer in self.encoder.layers]

    @functools.cached_property
    def head(self):
        """The model behind its encoder: what that gives and tokens, to logits.

        It shares its weights with the model. Training it on features that a
        frozen encoder computed once trains the model.
        """
        features = keras.Input(self.encoder.output_shape[1:], name="image")
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        logits = self.decoder([tokens, features])
        inputs = {"image": features, "tokens": tokens}
        return keras.Model(inputs, logits, name=f"{self.model.name}_head")

    def writer(self, features=False, draws=0, **options):
        """Returns the model for generation: images in, tokens and scores out.

        Args:
            features: bool. Whether it takes the output of the encoder's
                trunk instead of pixels in [0, 1].
            draws: int. Captions to sample per image, from uniform random
                numbers, the second input, of shape `(batch, length, draws)`;
                0 to generate one as the options say.
            **options: Of `mmkeras.generation.SequenceGenerator`; the length
                defaults to the text codec's.

        Returns:
            A `keras.Model` from images, or `[images, uniforms]`, to a dict of
            `"tokens"` and `"score"`; the same one at every call.
        """
        options = {"length": self.codecs["text"].length - 1, **options}
        key = (features, draws, *sorted(options.items()))
        if key not in self._writers:
            policy = self.decoder.dtype_policy
            write = generation.SequenceGenerator(
                self.decoder, name="writer", dtype=policy, **options
            )
            shape = self.trunk.output_shape if features else None
            shape = shape or self.encoder.input_shape
            x = keras.Input(shape[1:], name="image")
            context = self.top(x) if features else self.encoder(x)
            inputs, uniforms = x, None
            if draws:
                uniforms = keras.Input((write.length, draws), name="uniforms")
                inputs = [x, uniforms]
            out = write(context, uniforms=uniforms)
            self._writers[key] = keras.Model(inputs, out, name="captioner")
        return self._writers[key]

    def answer(self, batch, batch_size=64, **options):
        """Captions images.

        Args:
            batch: Dict of `"image"`: a list of encoded images (bytes), or
                of the paths of files, which are then read; or a pandas
                DataFrame with such a column.
            batch_size: int. How many images go through at once.
            **options: Of `mmkeras.generation.SequenceGenerator`, e.g. `beam=3`.

        Returns:
            Dict of arrays, one entry per image: `"text"`, the captions;
            `"score"`, their mean log-probabilities; `"error"`, empty, or why
            the image could not be read: then there is no caption.
        """
        images = inputs.lists(batch, self.fields)["image"]
        write = self.writer(**options).predict_on_batch
        parts = []
        for i in range(0, len(images), batch_size):
            part = {"image": images[i : i + batch_size]}
            raw, unread = encoding.pack_batch(self.codecs, part)
            parts.append(self._say(raw["image"], write, unread))
        if not parts:
            return {key: np.array([]) for key in ("text", "score", "error")}
        return {
            key: _unpack(np.concatenate([np.asarray(p[key]) for p in parts]))
            for key in ("text", "score", "error")
        }

    def graph(self, batch, **options):
        """As `answer` of one batch, out of TensorFlow operations alone."""
        return self._say(batch["image"], self.writer(**options))

    def write(self, images, batch_size=64, features=False, **options):
        """Captions images that are decoded or encoded already.

        Args:
            images: Pixels, uint8 of shape `(batch, height, width, 3)`, or
                with `features` the output of the encoder's trunk.
            batch_size: int.
            features: bool.
            **options: Of `mmkeras.generation.SequenceGenerator`.

        Returns:
            List of captions.
        """
        write = self.writer(features, **options).predict_on_batch
        texts = []
        for i in range(0, len(images), batch_size):
            x = np.asarray(images[i : i + batch_size])
            x = x if features else self.codecs["image"].normalize(x)
            tokens = np.asarray(write(x)["tokens"])
            texts += list(_unpack(np.asarray(self._read(tokens))))
        return texts

    def attention_maps(self, pixels, text):
        """Says where the model looked before each word of a caption.

        Args:
            pixels: uint8 array of shape `(height, width, 3)`.
            text: The caption.

        Returns:
            List of n words, and an array of shape `(n, regions)`.
        """
        tokens = np.asarray(self.codecs["text"]([text]))
        count = np.count_nonzero(tokens) - 2  # Without start and end.
        features = self.encoder.predict_on_batch(
            np.asarray(self.codecs["image"].normalize(pixels[None]))
        )
        weights = self.decoder.attention([tokens[:, :-1], features])
        words = [self._read(token[None]) for token in tokens[0, 1 : count + 1]]
        words = [_unpack(np.asarray(word)[None])[0] for word in words]
        return words, keras.ops.convert_to_numpy(weights)[0, :count]

    def score(self, texts, references):
        """Measures captions; see `mmkeras.metrics.caption_scores`.

        Where the codec takes characters as tokens, so do the metrics.
        """
        if self.codecs["text"].split == "words":
            return metrics.caption_scores(texts, references)
        tokenize = self._characters
        return metrics.caption_scores(texts, references, tokenize)

    def _characters(self, text):
        """Splits text that is written without spaces, without punctuation."""
        form = self.codecs["text"].normalization or "NFC"
        text = scripts.spaced(unicodedata.normalize(form, text))
        return [
            token
            for token in metrics.tokenize(text)
            if not unicodedata.category(token[0]).startswith("P")
            or len(token) > 1
        ]

    def _check(self):
        """Refuses codecs that the model does not fit."""
        for field in ("image", "text"):
            if field not in self.codecs:
                raise ValueError(
                    f"A captioning task needs a codec {field!r}. Received: "
                    f"{sorted(self.codecs)}"
                )
        known, words = self.model.output_shape[-1], len(self.codecs["text"])
        if known != words:
            raise ValueError(
                f"The model generates {known} different tokens, but the text "
                f"codec has {words}. Build the model with "
                f"`vocabulary_size={words}`."
            )
        seen = self.encoder.input_shape[1:3]
        size = self.codecs["image"].shape[:2]
        if any(a not in (None, b) for a, b in zip(seen, size)):
            raise ValueError(
                f"The model takes images of size {seen}, but the image codec "
                f"returns {tuple(size)}. Use the same size for both."
            )

    def _say(self, images, write, unread=""):
        image = self.codecs["image"]
        pixels, errors = image.try_batch(images)
        said = write(image.normalize(pixels))
        score = said["score"]
        errors = encoding.first_error(unread, errors)
        errors = encoding.mark_not_finite(errors, score)
        texts = self._read(said["tokens"])
        return image.blank({"text": texts, "score": score}, errors)

    def _read(self, tokens):
        return self.codecs["text"].decode(tokens)


def _part(model, name):
    try:
        return model.get_layer(name)
    except ValueError:
        raise ValueError(
            f"A captioning model must have a layer named {name!r}. Received: "
            f"{model.name} with {[layer.name for layer in model.layers]}"
        ) from None


def _unpack(array):
    """Turns bytes into strings."""
    if array.dtype.kind in "OS":
        return np.array([x.decode("utf-8") for x in array.tolist()], object)
    return array
