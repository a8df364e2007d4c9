import keras
import numpy as np
import pytest
from checks import check_layer
from checks import numpy
from checks import randomize

from mmkeras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 7, 8)).astype("float32")


def norm(x, layer):
    gamma, beta = map(numpy, (layer.gamma, layer.beta))
    x = x - x.mean(axis=-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + layer.epsilon)
    return x * gamma + beta


def dense(x, layer):
    return x @ numpy(layer.kernel) + numpy(layer.bias)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def feed_forward(x, block, i):
    first, last = block.feed_forward[i]
    x = dense(norm(x, block.norms[f"norm_{i}"]), first)
    return dense(x * sigmoid(x), last)


def convolution(x, block):
    x = dense(norm(x, block.norms["norm_convolution"]), block.gated)
    x = x[..., :8] * sigmoid(x[..., 8:])
    kernel = numpy(block.depthwise)
    padded = np.pad(x, [(0, 0), (1, 1), (0, 0)])
    x = sum(kernel[i] * padded[:, i : i + 7] for i in range(3))
    x = norm(x, block.norms["norm_depthwise"])
    return dense(x * sigmoid(x), block.pointwise)


def test_equals_the_formula():
    block = layers.ConformerBlock(8, 2, 3)
    block(X)
    randomize(block, 0.3)
    x = X + feed_forward(X, block, 0) / 2
    normed = norm(x, block.norms["norm_attention"])
    x = x + numpy(block.attention(normed, normed))
    x = x + convolution(x, block)
    x = norm(x + feed_forward(x, block, 1) / 2, block.norms["norm"])
    np.testing.assert_allclose(numpy(block(X)), x, rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing():
    block = layers.ConformerBlock(8, 2, 3)
    block(X)
    randomize(block, 0.3)
    longer = np.concatenate([X, RNG.normal(size=(2, 4, 8))], axis=1)
    mask = keras.ops.array(np.arange(11)[None].repeat(2, 0) < 7)
    actual = numpy(block(longer.astype("float32"), mask=mask))[:, :7]
    np.testing.assert_allclose(actual, numpy(block(X)), rtol=1e-4, atol=1e-5)


def test_is_a_layer_of_keras():
    settings = {"dim": 8, "heads": 2, "kernel_size": 3, "dropout": 0.0}
    check_layer(layers.ConformerBlock, settings, X, (2, 7, 8))


def test_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match="must be odd.*kernel_size=4"):
        layers.ConformerBlock(8, 2, 4)


def test_positions_are_those_of_the_formula():
    x = np.zeros((1, 5, 4), "float32")
    place, rate = np.arange(5)[:, None], np.array([1.0, 0.01])
    expected = np.concatenate([np.sin(place * rate), np.cos(place * rate)], 1)
    layer = layers.SinePositions()
    np.testing.assert_allclose(numpy(layer(x))[0], expected, atol=1e-6)
    masked = keras.layers.Masking()(X)
    assert getattr(layer(masked), "_keras_mask", None) is not None


def test_padding_is_a_certain_blank():
    layer = layers.BlankPadding()
    mask = keras.ops.array([[True, False]])
    logits = numpy(layer(np.ones((1, 2, 3), "float16"), mask=mask))
    assert logits.dtype == "float32"
    assert logits.tolist() == [[[1, 1, 1], [0, -1e9, -1e9]]]
    assert numpy(layer(X)).tolist() == X.tolist()
