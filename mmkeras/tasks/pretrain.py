"""Pretrains branches of two modalities, without labels."""

import keras
import numpy as np
from keras import ops

from mmkeras.tasks import frozen_parts
from mmkeras.tasks import graph
from mmkeras.tasks import targets
from mmkeras.tasks.retrieve import PAIRS
from mmkeras.tasks.retrieve import Retrieve
from mmkeras.tasks.targets.matching import GROUPS

MATCHING, WORDS = "matching", "words"  # Outputs beside the embeddings.
_INT32 = 2**31 - 1
_BATCH_SIZE = 64  # Among which the hardest negatives are chosen.


class Pretrain(Retrieve):
    """Learns from images with texts, by three targets.

    Embeddings of what belongs together are close (`"embeddings"`); pairs are
    told from hard negatives (`"matching"`); and hidden words are predicted
    (`"words"`). The loss is their sum, weighted by `train.loss_weights`.

    `answer` returns `"similarity"`, the cosine of the two embeddings of each
    example, and `"matching"`, the probability that the two belong together;
    `embed` and `zero_shot` are those of `Retrieve`.

    Args:
        model: A model from two inputs to a dict of `"embeddings"`,
            `"matching"` and `"words"`; every `pretrain-*` architecture of the
            zoo is one.
        codecs: Dict of a codec for each input, one of them of texts; and
            `"pair"`, a `codecs.Groups`.

    Raises:
        ValueError: If the model does not fit the codecs.

    Reference:
        [Li et al., 2021](https://arxiv.org/abs/2107.07651)
    """

    name = "pretrain"
    recipe = {
        **Retrieve.recipe,
        "max_batch_size": 128,
        "learning_rate": 5e-4,
        "bucket_by_length": True,
    }
    answer_keys = ("similarity", "matching", "error")
    no_answer = {"similarity": 0.0, "matching": 0.0}
    loss_names = (PAIRS, MATCHING, WORDS)
    ranked_field = None  # Matching is the answer to one pair.

    def __init__(self, model, codecs):
        super().__init__(model, codecs)
        self.auxiliary = {
            MATCHING: targets.Matching(self.fields, PAIRS, MATCHING),
            WORDS: targets.MaskedTokens(
                self.codecs[self._text], self._text, WORDS
            ),
        }

    @property
    def uncached(self):
        """The text: its words are hidden before the branch encodes them."""
        return (self._text,)

    def inference(self, cached=(), num_samples=0, **options):
        if options:  # An error.
            return super().inference(cached, num_samples, **options)

        def make(inputs, given):
            names = (PAIRS, MATCHING)
            outputs = {name: self.model.output[name] for name in names}
            outputs = graph.replay(self.model, given, outputs)
            return keras.Model(inputs, outputs, name=self.model.name)

        return self._model("pairs", cached, make)

    def scored(self, outputs):
        return outputs[PAIRS]

    def training_outputs(self, inputs, given, seed=0, names=loss_names):
        inputs[GROUPS] = keras.Input((2,), dtype="int32", name=GROUPS)
        pairs = graph.replay(self.model, given, self.model.output[PAIRS])
        given = [*given, (self.model.output[PAIRS], pairs)]
        others = {
            name: target.training_outputs(self.model, inputs, given, seed)
            for name, target in self.auxiliary.items()
            if name in names
        }
        return {PAIRS: pairs, **others}

    def target_inputs(self, y):
        """The groups of the examples, as integers of 31 bits."""
        return {GROUPS: (np.asarray(y) % _INT32).astype("int32")}

    def score(self, examples, outputs):
        """Scores of retrieval, and the accuracy of the other targets.

        Matching is scored on the pairs and on the hardest negatives in batches
        of 64 examples, in a fixed order; 1/2 is chance. Of the words, a fixed
        choice is hidden.
        """
        scores = super().score(examples, outputs)
        return {**scores, **self._accuracies(examples)}

    def scores_and_statistics(self, examples, outputs, choices):
        scores, statistics = super().scores_and_statistics(
            examples, outputs, choices
        )
        return {**scores, **self._accuracies(examples)}, statistics

    def decode(self, outputs, errors, raw):
        answers, errors = super().decode(outputs[PAIRS], errors, raw)
        probability = ops.sigmoid(outputs[MATCHING])[:, 0]
        return {**answers, "matching": probability}, errors

    def table_row(self, name, answer):
        row = super().table_row(name, answer)
        last = {"error": row.pop("error")} if "error" in row else {}
        return {**row, "matching": round(float(answer["matching"]), 4), **last}

    def row_texts(self, row):
        if "label" in row or "error" in row:
            return super().row_texts(row)
        return [f"{row[key]:.3f}" for key in ("similarity", "matching")]

    def check(self):
        super().check()
        outputs = self.model.output
        names = list(outputs) if isinstance(outputs, dict) else []
        is_pair = len(self.fields) == 2 and self._text is not None
        if sorted(names) != sorted(self.loss_names) or not is_pair:
            raise ValueError(
                "Expected a model of two inputs, one of them texts, with the "
                f"outputs {', '.join(self.loss_names)}. Received: inputs "
                f"{', '.join(self.fields)}, outputs {', '.join(names)}"
            )
        size = self.codecs[self._text].size
        if outputs[WORDS].shape[-1] != size:
            raise ValueError(
                f"The model has logits of {outputs[WORDS].shape[-1]} words, "
                f"but the codec {self._text!r} has {size} tokens. Build the "
                f"model with `vocabulary_size={size}`."
            )
        if self.codecs[self._text].mask is None:
            raise ValueError(
                f"The tokens of {self._text!r} have none that hides a word, "
                "such as <mask>. Use a text network that was trained on "
                "hidden words, such as BERT or RoBERTa."
            )
        if self._text not in frozen_parts.branches(self.model):
            raise ValueError(
                f"The input {self._text!r} must have a branch, a `keras.Model` "
                "that is called on it, to encode texts with hidden words."
            )

    @property
    def _text(self):
        """Name of the input of texts, or `None`."""
        fields = [f for f in self.fields if self.codecs[f].kind == "text"]
        return next(iter(fields), None)

    def _accuracies(self, examples):
        def make(inputs, given):
            outputs = self.training_outputs(inputs, given)
            return keras.Model(inputs, outputs)

        model = self._model("targets", examples.cached, make)
        totals = {name: np.zeros(2) for name in self.auxiliary}
        order = np.random.default_rng(0).permutation(len(examples))
        size = min(_BATCH_SIZE, len(order))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            padded = np.pad(part, (0, size - len(part)), mode="edge")
            x = examples.inputs(padded) | self.target_inputs(
                examples.targets.take(padded)
            )
            x = self.normalize(x, cached=examples.cached)
            outputs = model.predict_on_batch(x)
            for name, target in self.auxiliary.items():
                is_correct, weight = target.correct(outputs[name])
                weight = weight[: len(part)]
                totals[name] += (
                    np.sum(is_correct[: len(part)] * weight),
                    np.sum(weight),
                )
        return {
            f"{name}_accuracy": float(correct / weight)
            for name, (correct, weight) in totals.items()
            if weight
        }

    def _checked(self, outputs):
        pairs = ops.reshape(outputs[PAIRS], (ops.shape(outputs[PAIRS])[0], -1))
        return ops.concatenate([pairs, outputs[MATCHING]], axis=-1)
