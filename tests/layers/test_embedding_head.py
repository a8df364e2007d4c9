"""Embeddings of the steps of a branch, beside their formula in NumPy."""

import math

import keras
import numpy as np
from checks import numpy
from checks import randomize

from mmkeras import layers


def gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def build(length):
    steps = keras.Input((length, 5))
    mask = keras.Input((length,), dtype="bool")
    x = layers.AttachMask()([steps, mask])
    y = layers.embedding_head(x, 4, name="image")
    return randomize(keras.Model([steps, mask], y))


def test_pools_by_the_mean_and_by_attention():
    rng = np.random.default_rng(0)
    model = build(3)
    steps = rng.normal(size=(2, 3, 5)).astype("float32")
    mask = np.array([[True, True, True], [True, True, False]])
    norm, scores, dense, hidden, residual = (
        model.get_layer(f"image_{name}")
        for name in ("norm", "scores", "dense", "hidden", "residual")
    )

    def linear(layer, x):
        return x @ numpy(layer.kernel) + numpy(layer.bias)

    expected = []
    for x, real in zip(steps, mask):
        x = x[real]
        weights = np.exp(linear(scores, x))
        attended = (weights / weights.sum() * x).sum(0)
        x = np.concatenate([x.mean(0), attended])
        x = (x - x.mean()) / np.sqrt(x.var() + norm.epsilon)
        y = linear(dense, x * numpy(norm.gamma) + numpy(norm.beta))
        y = y + linear(residual, gelu(linear(hidden, y)))
        expected.append(y)
    np.testing.assert_allclose(
        numpy(model([steps, mask])), expected, rtol=1e-4, atol=1e-4
    )


def test_of_one_step_there_is_no_attention():
    names = [layer.name for layer in build(1).layers]
    assert "image_attention" not in names and "image_mean" in names
