"""A small model of every architecture, and its inputs."""

import functools

import keras
import numpy as np
import pytest

import mmkeras

# One model of each kind: quick tests take these, slow ones the others.
_QUICK = {
    "classify-image-audio-concat",
    "classify-text-bow",
    "sentiment-text-context",
    "vqa-cnn-stacked-attention",
}


def names(selection=None, slow=()):
    """Names as parameters of a test; most models are for the slow tests.

    `slow` adds further ones.
    """
    return [
        name
        if (name.startswith("caption-") or name in _QUICK) and name not in slow
        else pytest.param(name, marks=pytest.mark.slow)
        for name in (mmkeras.list_models() if selection is None else selection)
    ]


def tiny(name, **changes):
    """Builds the smallest model of a name worth testing."""
    return mmkeras.build_model(name, **{**mmkeras.get(name).tiny, **changes})


@functools.cache
def shared(name):
    """The model that `tiny` builds, once for all tests that only call it."""
    return tiny(name)


def batch(model, size=2, length=6):
    """A batch that fits a model's inputs, nothing absent."""
    rng = np.random.default_rng(0)

    def draw(x):
        shape = [size, *(side or length for side in x.shape[1:])]
        if x.dtype == "bool":
            return np.ones(shape, bool)
        if "int" in x.dtype:
            return rng.integers(1, 5, shape).astype("int32")
        return rng.uniform(size=shape).astype("float32")

    return keras.tree.map_structure(draw, model.input)
