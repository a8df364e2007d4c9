import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy
from keras import ops

from mmkeras import layers

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(3, 4, 2)).astype("float32")
STEPS = RNG.normal(size=(3, 4, 5)).astype("float32")


def test_is_a_softmax_over_the_steps():
    actual = numpy(layers.AttentionWeights()([SCORES, STEPS]))
    powers = np.exp(SCORES)
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        actual, expected.swapaxes(1, 2), rtol=1e-5, atol=1e-6
    )


def test_padding_gets_nothing_and_nothing_is_not_nan():
    mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], bool)
    masks = [None, ops.convert_to_tensor(mask)]
    actual = numpy(layers.AttentionWeights()([SCORES, STEPS], mask=masks))
    powers = np.exp(SCORES) * mask[..., None]
    sums = powers.sum(axis=1, keepdims=True)
    expected = (powers / np.maximum(sums, 1e-9)).swapaxes(1, 2)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    assert not actual[2].any()


def test_takes_the_mask_of_the_steps_and_passes_none_on():
    words = keras.Input((None,), dtype="int32", name="words")
    x = keras.layers.Embedding(9, 5, mask_zero=True, name="embed")(words)
    scores = keras.layers.Dense(1, name="scores")(x)
    layer = layers.AttentionWeights(name="attention")
    model = keras.Model(words, ops.matmul(layer([scores, x]), x), name="model")
    short = np.array([[3, 4], [5, 6]], "int32")
    long = np.pad(short, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        numpy(model(long)), numpy(model(short)), rtol=1e-5, atol=1e-6
    )
    assert layer.compute_mask(None, [None, long > 0]) is None
    check_config(layer)
    check_saves(model, long)


def test_the_grid_is_row_major_and_has_coordinates():
    x = RNG.normal(size=(2, 6, 3)).astype("float32")
    grid = layers.CoordinateGrid(2)
    actual = numpy(grid(x))
    assert actual.shape == grid.compute_output_shape(x.shape) == (2, 2, 3, 5)
    np.testing.assert_allclose(actual[..., :3], x.reshape(2, 2, 3, 3))
    for row, down in enumerate((-1, 1)):
        for column, across in enumerate((-1, 0, 1)):
            coordinates = actual[:, row, column, 3:]
            np.testing.assert_allclose(coordinates, [[down, across]] * 2)
    check_config(layers.CoordinateGrid(2))
    steps = keras.Input((6, 3), name="steps")
    check_saves(
        keras.Model(steps, layers.CoordinateGrid(2, name="grid")(steps)), x
    )
    with pytest.raises(ValueError, match="Received: rows=4"):
        layers.CoordinateGrid(4)(x)
