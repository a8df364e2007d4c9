"""Classifies examples of several modalities."""

import re

import keras
import numpy as np

from mmkeras import layers
from mmkeras.data import encoding
from mmkeras.tasks import groups
from mmkeras.tasks.task import TOKENS
from mmkeras.tasks.task import Task

CANDIDATES = "candidates"


class Classify(Task):
    """Predicts a class, several labels, a number, or a text answer.

    `answer` returns `"label"`: the most likely class; all labels with a
    probability above 0.5, separated by `|`; the number; the most likely of
    the example's candidates; or the generated answer. It also returns
    `"probability"`: of every class or candidate, or of the generated answer.
    For sequences there is a label for every step, empty after the last.

    Args:
        model: A model from a dict of modalities, e.g. `"text"` and `"image"`,
            and `"presence"` if there are several, to logits; every
            architecture of the zoo that does not caption images is one.
        codecs: Dict of a codec for each modality, and `"label"`, a
            `codecs.Labels`, or a codec of texts for a model that generates.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = "classify"
    always_given = (CANDIDATES,)
    monitors = ("accuracy", "f1_weighted", "loss")
    # The score of a generated answer is its log-probability.
    generation_defaults = {"length_penalty": 0.0, "min_length": 1}

    @classmethod
    def joined(cls, model, rows):
        is_sequence = len(model.output_shape) == 3 and TOKENS not in model.input
        return groups.join(rows) if is_sequence else rows

    def examples(self, rows):
        """Joins the rows of a group, for models of sequences.

        The label of an example with candidates becomes its index among them.

        Raises:
            ValueError: If a row has no group but needs one, or its label is
                not a candidate.
        """
        rows = self.labelled(rows)
        return rows if self.steps is None else groups.join(rows, self.steps)

    def labelled(self, rows):
        if CANDIDATES in self.fields:
            return groups.label_by_candidate(rows)
        return rows

    def decode(self, outputs, errors, raw):
        answers, errors = super().decode(outputs, errors, raw)
        if CANDIDATES in self.fields:
            answers["label"], errors = encoding.top_candidate(
                self.codecs[CANDIDATES],
                raw.get(CANDIDATES),
                answers["probability"],
                errors,
            )
        return answers, errors

    @property
    def attention_layers(self):
        """Layers named `attention` (or `attention_0`, ...) over regions."""
        named = re.compile(r"attention(_\d+)?").fullmatch
        return [layer for layer in self.model.layers if named(layer.name)]

    def attention_maps(self, batch):
        """Returns the attention over image regions before the prediction.

        A layer `layers.AttentionWeights` returns weights of the regions. Any
        other layer returns their features, over which a maximum is taken: the
        weight is the share of features with their maximum in a region.

        Args:
            batch: As of `answer`.

        Returns:
            Array of shape `(n, steps, regions)` of weights that sum to 1 over
            the regions.

        Raises:
            ValueError: If the model has no attention over regions.
        """
        if not self.attention_layers:
            raise ValueError(
                f"{self.model.name} has no attention over image regions: "
                "no layer is named `attention`."
            )
        batch = self.by_field(batch)
        raw, _ = encoding.pack_batch(self.codecs, batch)
        x = self.normalize(self.encode_batch(raw)[0])
        x = {name: value.numpy() for name, value in x.items()}
        tensors = [layer.output for layer in self.attention_layers]
        probe = keras.Model(self.model.input, tensors)
        values = keras.tree.flatten(probe.predict_on_batch(x))
        pairs = zip(self.attention_layers, map(np.float32, values))
        return np.concatenate(
            [
                value
                if isinstance(layer, layers.AttentionWeights)
                else _largest(value)
                for layer, value in pairs
            ],
            axis=1,
        )


def _largest(features):
    """Share of features with their maximum in each region, ties split."""
    features = features.reshape(len(features), -1, features.shape[-1])
    best = features == features.max(axis=1, keepdims=True)
    shares = best / best.sum(axis=1, keepdims=True, dtype="float32")
    return shares.mean(axis=2)[:, None]
