"""Judges examples of several modalities, some of which may be absent."""

import functools
import re

import keras
import numpy as np

from mmkeras import generation
from mmkeras import layers
from mmkeras import metrics
from mmkeras.data import encoding
from mmkeras.data import inputs
from mmkeras.tasks.task import Task

CANDIDATES = "candidates"
PRESENCE = "presence"
TOKENS = "tokens"


class Classify(Task):
    """Judges examples: a class, several labels, a number, or words it writes.

    Args:
        model: A model from a dict of modalities, e.g. `"text"` and `"image"`,
            and `"presence"` if they are several, to logits; every
            `classify-*` and `sentiment-*` architecture of the zoo is one. One
            that writes takes `"tokens"` too, and has a layer `"decoder"`.
        codecs: Dict of a codec for each modality, and `"label"`, a
            `codecs.Labels`, or `codecs.Answers` of one that writes.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = "classify"

    def __init__(self, model, codecs):
        super().__init__(model, codecs)
        self._check()

    @property
    def fields(self):
        """Names of the modalities, in the order of the presence mask."""
        spare = (PRESENCE, TOKENS)
        return [name for name in self.model.input if name not in spare]

    @property
    def writes(self):
        """Whether the answer is written, word by word."""
        return TOKENS in self.model.input

    def encode(self, example):
        """Maps one raw example to `(x, y)`; use it in `dataset.map`.

        Args:
            example: Dict of scalar strings by field, text or the bytes of
                files, or arrays of features; empty or NaN where absent, or
                left out; and `"label"`, as the codec encoded it.

        Returns:
            The model's inputs, pixels as uint8 (see `scale`), and the label.
        """
        x, there = encoding.encode_example(self.codecs, self.fields, example)
        x, label = self._inputs(x, there), example["label"]
        if self.writes:
            return {**x, TOKENS: label[:-1]}, label[1:]
        return x, label

    def scale(self, x, y=None):
        """Turns a batch of bytes into pixels in [0, 1]; use it in `map`."""
        x = dict(x)
        for field in self.fields:
            x[field] = self.codecs[field].normalize(x[field])
        return x if y is None else (x, y)

    def answer(self, batch, batch_size=64):
        """Judges examples.

        Args:
            batch: Dict of lists by field, of raw values: text; the bytes of
                encoded files, or their paths, which are then read; arrays of
                features; a conversation, a list of its turns. `None` in a
                list is an absent value; a field may be left out as a whole. Or
                a pandas DataFrame with columns of these names.
            batch_size: int. How many examples go through at once.

        Returns:
            Dict of arrays, one entry an example: `"label"`, the likeliest
            class (of several labels, those likelier than not, separated by
            `|`; or the number; or the likeliest of the example's candidates;
            or what was written); `"probability"`, of every class or
            candidate, or of what was written; `"error"`, empty, or
            why the example could not be read: then there is no label. Of
            sequences there is a label for every step, empty after the last.
        """
        batch = inputs.lists(batch, self.fields)
        count = len(next(iter(batch.values())))
        parts = [
            self._judge(batch, i, min(i + batch_size, count))
            for i in range(0, count, batch_size)
        ]
        keys = ("label", "probability", "error")
        if not parts:
            return {key: np.array([]) for key in keys}
        joined = {key: [np.asarray(p[key]) for p in parts] for key in keys}
        return {key: _unpack(np.concatenate(joined[key])) for key in keys}

    @property
    def attention_layers(self):
        """Layers named `attention` (or `attention_0`, ...): regions weighed."""
        named = re.compile(r"attention(_\d+)?").fullmatch
        return [layer for layer in self.model.layers if named(layer.name)]

    def attention_maps(self, batch):
        """Says where the model looked before it judged.

        A layer `layers.AttentionWeights` gives weights of the regions. Of any
        other, which gives features of them, it is the share of features that
        are largest in a region: what a maximum over all regions was taken
        from.

        Args:
            batch: As of `answer`.

        Returns:
            Array of shape `(n, looks, regions)` of weights that sum to 1 over
            the regions.

        Raises:
            ValueError: If the model has no layer that looks.
        """
        if not self.attention_layers:
            raise ValueError(
                f"{self.model.name} has no attention over image regions: "
                "no layer is named `attention`."
            )
        batch = inputs.lists(batch, self.fields)
        raw, _ = encoding.pack_batch(self.codecs, batch)
        x = {
            k: v.numpy() for k, v in self.scale(self._perceive(raw)[0]).items()
        }
        found = [layer.output for layer in self.attention_layers]
        probe = keras.Model(self.model.input, found)
        seen = keras.tree.flatten(probe.predict_on_batch(x))
        pairs = zip(self.attention_layers, map(np.float32, seen))
        return np.concatenate(
            [
                value
                if isinstance(layer, layers.AttentionWeights)
                else _largest(value)
                for layer, value in pairs
            ],
            axis=1,
        )

    def graph(self, batch):
        """As `answer` of one batch, out of TensorFlow operations alone."""
        x, errors = self._perceive(batch)
        return self._say(x, errors, self.judge, batch.get(CANDIDATES))

    @functools.cached_property
    def judge(self):
        """The model as it judges: to logits, or to tokens and their score."""
        if not self.writes:
            return self.model
        decoder = self.model.get_layer("decoder")
        taken = {k: v for k, v in self.model.input.items() if k != TOKENS}
        write = generation.SequenceGenerator(
            decoder,
            self.codecs["label"].length - 1,
            length_penalty=0.0,  # The score is the answer's log-probability.
            minimum=1,
            dtype=decoder.dtype_policy,
            name="writer",
        )
        return keras.Model(taken, write(decoder.input[1]), name="answerer")

    def predict(self, x):
        """Judges a batch of encoded inputs; see `mmkeras.training.examples`.

        Args:
            x: Dict of the model's inputs, pixels as uint8.

        Returns:
            Logits; or tokens of shape `(batch, length)`, if it writes.
        """
        said = self.judge.predict_on_batch(self.scale(x))
        return said[TOKENS] if self.writes else said

    def score(self, labels, probabilities):
        """Scores predictions; see `mmkeras.metrics.classification_scores`."""
        return metrics.classification_scores(
            labels, probabilities, self.codecs["label"].kind
        )

    def _judge(self, batch, start, end):
        part = {field: values[start:end] for field, values in batch.items()}
        raw, unread = encoding.pack_batch(self.codecs, part)
        x, errors = self._perceive(raw)
        errors = encoding.first_error(unread, errors)
        x = {field: value.numpy() for field, value in x.items()}
        model = self.judge.predict_on_batch
        return self._say(x, errors, model, raw.get(CANDIDATES))

    def _perceive(self, raw):
        x, there, errors = encoding.encode_batch(self.codecs, self.fields, raw)
        return self._inputs(x, there), errors

    def _inputs(self, x, there):
        return {**x, PRESENCE: there} if PRESENCE in self.model.input else x

    def _say(self, x, errors, model, candidates=None):
        said = model(self.scale(x))
        values = said["score"] if self.writes else said
        steps = len(values.shape) == 3 and encoding.step_mask(x, self.fields)
        errors = encoding.mark_not_finite(errors, values, steps)
        if self.writes:
            labels, _ = self.codecs["label"].decode(said[TOKENS])
            chances = keras.ops.exp(said["score"])[:, None]
        else:
            labels, chances = self.codecs["label"].decode(said)
        if CANDIDATES in self.fields:
            codec = self.codecs[CANDIDATES]
            labels, errors = encoding.top_candidate(
                codec, candidates, chances, errors
            )
        said = {"label": labels, "probability": chances}
        return encoding.blank_errors(said, errors, steps)

    def _check(self):
        missing = [f for f in [*self.fields, "label"] if f not in self.codecs]
        if missing:
            raise ValueError(
                f"Expected a codec for each of {[*self.fields, 'label']}. "
                f"Received: {sorted(self.codecs)}"
            )
        made, known = self.model.output_shape[-1], self.codecs["label"].size
        if made != known:
            raise ValueError(
                f"The model returns {made} logits, but the label codec has "
                f"{known} classes. Build the model with `num_classes={known}`."
            )


def _largest(features):
    """Share of features whose largest value is in each region; ties share."""
    features = features.reshape(len(features), -1, features.shape[-1])
    best = features == features.max(axis=1, keepdims=True)
    shares = best / best.sum(axis=1, keepdims=True, dtype="float32")
    return shares.mean(axis=2)[:, None]


def _unpack(array):
    """Turns bytes into strings."""
    if array.dtype.kind in "OS":
        flat = [x.decode("utf-8") for x in array.ravel().tolist()]
        return np.array(flat, object).reshape(array.shape)
    return array
