import math

import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import layers

RNG = np.random.default_rng(0)
SIDES = [RNG.normal(size=(3, 4)).astype("float32") for _ in range(2)]


def cosines():
    first, second = (x / np.linalg.norm(x, axis=1)[:, None] for x in SIDES)
    return first @ second.T


@pytest.mark.parametrize("loss", ["contrastive", "sigmoid"])
def test_products_are_scaled_cosines(loss):
    bias = loss == "sigmoid"
    pairs = numpy(layers.EmbeddingPairs(loss, scale=5.0)(SIDES))
    assert pairs.shape == (3, 2, 4 + bias)
    logits = pairs[:, 0] @ pairs[:, 1].T
    expected = 5 * cosines() - (10 if bias else 0)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_config_shape_and_file():
    layer = layers.EmbeddingPairs("sigmoid", scale=3.0, name="pairs")
    check_config(layer)
    assert layer.compute_output_shape([(7, 4), (7, 4)]) == (7, 2, 5)
    inputs = [keras.Input((4,), name=name) for name in ("image", "text")]
    check_saves(keras.Model(inputs, layer(inputs), name="match"), SIDES)


def test_the_scale_stays_at_most_100():
    x = keras.Input((4,), name="image")
    layer = layers.EmbeddingPairs(scale=99.0, name="pairs")
    model = keras.Model(x, layer([x, x]), name="match")
    # The larger the products, the better.
    model.compile(
        keras.optimizers.SGD(10.0),
        lambda y, pairs: -keras.ops.sum(pairs[:, 0] * pairs[:, 1], axis=-1),
    )
    model.fit(SIDES[0], np.zeros(3), epochs=2, verbose=0)
    [scale] = [w for w in layer.weights if w.name == "log_scale"]
    assert float(numpy(scale)) == pytest.approx(math.log(100))


def test_products_are_float32_in_mixed_precision():
    layer = layers.EmbeddingPairs(dtype="mixed_bfloat16")
    pairs = layer([x.astype("float16") for x in SIDES])
    assert keras.backend.standardize_dtype(pairs.dtype) == "float32"


@pytest.mark.parametrize("loss", ["triplet", "semi-hard"])
def test_triplets_compare_cosines(loss):
    layer = layers.EmbeddingPairs(loss)
    pairs = numpy(layer(SIDES))
    logits = pairs[:, 0] @ pairs[:, 1].T
    np.testing.assert_allclose(logits, cosines(), rtol=1e-4, atol=1e-5)
    assert not layer.trainable_weights


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="contrastive, sigmoid, triplet"):
        layers.EmbeddingPairs("mse")


@pytest.mark.parametrize("scale", [0, -1.0, 101.0])
def test_other_scales_are_refused(scale):
    with pytest.raises(ValueError, match=r"in \(0, 100\]"):
        layers.EmbeddingPairs(scale=scale)
