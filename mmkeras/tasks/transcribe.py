"""Writes down what is spoken."""

import keras
import numpy as np

from mmkeras import generation
from mmkeras import losses
from mmkeras import metrics
from mmkeras.data import augment
from mmkeras.data import truncation
from mmkeras.tasks import graph
from mmkeras.tasks import targets
from mmkeras.tasks.task import TOKENS
from mmkeras.tasks.task import Task

TEXT, CTC = "text", "ctc"  # Outputs of models with a decoder.
_PROBE = 16000 * 8  # Samples, of which the number of steps is computed.


class Transcribe(Task):
    """Writes down what is spoken.

    `answer` returns `"text"`, the transcripts, and `"score"`, their
    log-probability per token.

    Texts are encoded as characters, or as subwords by `data.subwords`, see
    `codecs.Subwords`, which keep punctuation and the case of letters.

    A model with a decoder is trained to predict the next token (`"text"`) and,
    from its encoder alone, the text by CTC (`"ctc"`); its loss is their sum,
    weighted by `train.loss_weights`, and it answers by its decoder; with
    `generate.ctc_weight`, the beam search scores by CTC as well.

    Args:
        model: A model from `"audio"` to logits of each step, with blank as id
            0, for CTC; or from `"audio"` and `"tokens"` to a dict of `"text"`,
            next-token logits of a layer named `"decoder"`, and `"ctc"`, logits
            of each step.
        codecs: `{"audio": Audio(...), "text": Text(...)}`, or `Subwords(...)`.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = "transcribe"
    pipeline_tag = "automatic-speech-recognition"
    data_kind = "transcripts"
    recipe = {
        **Task.recipe,
        "min_epochs": 40,
        "max_batch_size": 32,
        "learning_rate": 1e-3,
        "warmup": 0.1,
        "bucket_by_length": True,
        "monitor": "character_error_rate",
    }
    data_options = {
        "audio_seconds": truncation.SPEECH_SECONDS,
        "max_length": 300,
        "min_count": 2,
        "vocabulary_size": 1000,
    }
    text_options = {"split": "characters"}
    audio_augmentation = augment.SPEECH
    unused_options = ()
    target_field = "text"
    example_field = "text"
    answer_keys = ("text", "score", "error")
    no_answer = {"text": "", "score": 0.0}
    size_argument = ("vocabulary_size", "tokens")
    evaluation_defaults = {"beam": 5}
    fields_of_all = ("audio",)
    metric = "word_error_rate"
    monitors = ("character_error_rate", "word_error_rate", "loss")
    steps = None  # The outputs of a sequence have one text.

    def __init__(self, model, codecs):
        super().__init__(model, codecs)
        if self.target.generates:
            self.loss_names = (TEXT, CTC)
            self.auxiliary = {CTC: targets.AuxiliaryCTC(codecs["text"], CTC)}

    @classmethod
    def generator(cls, model):
        return super().generator(model) or generation.CTCDecoder

    def make_target(self):
        kind = targets.Text if TOKENS in self.model.input else targets.CTC
        return kind(self.codecs["text"], "text")

    def target_errors(self, rows, lengths):
        """Names the clips that are too short for their text, with CTC."""
        errors = self.target.errors(rows)
        if not self.target.searches or "audio" not in lengths:
            return errors
        needed = losses.ctc_steps(self.target.ids([r["text"] for r in rows]))
        steps = -(-lengths["audio"] // self._samples_per_step)
        return [
            error or (_too_short(*pair) if pair[0] > pair[1] else "")
            for error, *pair in zip(errors, needed, steps)
        ]

    def inference(self, cached=(), num_samples=0, **options):
        if self.target.generates:
            return super().inference(cached, num_samples, **options)

        def make(inputs, given):
            logits = graph.replay(self.model, given, self.model.output)
            outputs = self.target.decoder(**options)(logits)
            return keras.Model(inputs, outputs, name=self.model.name)

        return self._model(("decoder", *sorted(options.items())), cached, make)

    def training_outputs(self, inputs, given, seed=0, names=(TEXT, CTC)):
        if not self.target.generates:
            return super().training_outputs(inputs, given, seed, names)
        outputs = {
            TEXT: lambda: self.target.teacher_forcing(
                self.model, inputs, given
            ),
            CTC: lambda: self.auxiliary[CTC].training_outputs(
                self.model, inputs, given, seed
            ),
        }
        return {name: outputs[name]() for name in names}

    def _search_inputs(self, given, options):
        if not options.get("ctc_weight"):
            return super()._search_inputs(given, options)
        arguments, _ = graph.call_of(
            self.model, self.target.decoder(self.model)
        )
        tensors = [arguments[1], self.model.output[CTC]]
        context, ctc = graph.replay(self.model, given, tensors)
        return {"context": context, "ctc": ctc}

    def logits_model(self, cached=()):
        """From inputs to the logits of each step, for the loss."""
        return self._model("logits", cached, self._logits)

    def scored(self, outputs):
        return outputs[TOKENS]

    def decode(self, outputs, errors, raw):
        text, score = self.target.decode(outputs)
        return {"text": text, "score": score}, errors

    def score(self, examples, outputs):
        """Error rates; see `metrics.error_rates`."""
        return self.headline_scores(
            self.statistics(examples.rows, examples.labels, outputs)
        )

    def statistics(self, rows, labels, choices):
        """Errors per clip; see `metrics.error_statistics`.

        References are in the form of the codec: by default in lower case and
        without punctuation.
        """
        texts = [str(row["text"]) for row in rows]
        references = self.codecs["text"].canonical(texts)
        return metrics.error_statistics(self.target.texts(choices), references)

    def headline_scores(self, statistics):
        return metrics.error_rates(statistics)

    def monitor(self, requested):
        return requested if requested in self.monitors else self.monitors[0]

    def table_row(self, name, answer):
        row = {"id": name, "text": answer["text"]}
        if answer["error"]:
            return {**row, "error": answer["error"]}
        return {**row, "score": float(answer["score"])}

    def row_texts(self, row):
        return [row["text"]]

    def check(self):
        """Raises an error if the codecs do not fit the model."""
        self.check_codecs()
        size = self.codecs["text"].size
        sizes = {x.shape[-1] for x in keras.tree.flatten(self.model.output)}
        names = sorted(self.model.output) if TOKENS in self.model.input else []
        if sizes != {size} or names != sorted((TEXT, CTC))[: len(names)]:
            raise ValueError(
                f"Expected logits of {size} tokens, as the codec 'text' has; "
                f"of a model with a decoder, two outputs, {TEXT} and {CTC}. "
                f"Received: outputs of the sizes {sorted(sizes)}. Build the "
                f"model with `vocabulary_size={size}`."
            )

    def _encoded_target(self, example):
        tokens = self.codecs["text"](example["text"])
        return (
            tokens
            if self.target.generates
            else self.target.without_edges(tokens)
        )

    def _checked(self, outputs):
        return outputs["score"]

    @property
    def _samples_per_step(self):
        """Samples of audio per step of the model's outputs."""
        steps = [
            self.model.compute_output_shape({"audio": (1, size)})[1]
            for size in (_PROBE, 2 * _PROBE)
        ]
        return round(_PROBE / np.diff(steps)[0])


def _too_short(needed, steps):
    return (
        f"the text needs {needed} steps (a step per token, and one between "
        f"equal ones), but the audio has {steps}. Correct the text or "
        "the audio, or leave this row out"
    )
