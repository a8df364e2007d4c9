"""A small one of every architecture, and what it takes."""

import keras
import numpy as np

import mmkeras


def tiny(name, **changes):
    """Builds the smallest model of a name worth testing."""
    return mmkeras.build_model(name, **{**mmkeras.find(name).tiny, **changes})


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
