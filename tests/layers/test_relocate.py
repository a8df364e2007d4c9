import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import layers

MARKS = np.array([[1, 0, 0, 0, 0.5, 0], [0, 0, 1, 0, 0, 0]], "float32")


def moved(down, across, rows=2):
    """Moves all marks by a shift that is sure."""
    weights = np.zeros((2, 3, 3), "float32")
    weights[:, down + 1, across + 1] = 1
    layer = layers.Relocate(rows)
    return numpy(layer([MARKS, weights.reshape(2, 9)])).tolist()


def test_by_hand():
    assert moved(0, 0) == MARKS.tolist()
    assert moved(1, 0) == [[0, 0.5, 0, 0, 0, 0], [0] * 6]  # Up.
    assert moved(-1, 0) == [[0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1]]
    assert moved(0, 1) == [[0, 0, 0, 0.5, 0, 0], [0, 1, 0, 0, 0, 0]]
    assert moved(0, -1) == [[0, 1, 0, 0, 0, 0.5], [0] * 6]
    assert moved(0, 1, rows=6) == [[0] * 6] * 2


def test_as_the_formula():
    rng = np.random.default_rng(0)
    marks = rng.uniform(size=(3, 12)).astype("float32")
    weights = rng.uniform(size=(3, 9)).astype("float32")
    actual = numpy(layers.Relocate(3)([marks, weights]))
    grid = np.zeros((3, 5, 6))
    grid[:, 1:4, 1:5] = marks.reshape(3, 3, 4)
    expected = np.zeros((3, 3, 4))
    for position in np.ndindex(3, 3, 4):
        n, i, j = position
        near = grid[n, i : i + 3, j : j + 3]
        expected[position] = (weights[n].reshape(3, 3) * near).sum()
    np.testing.assert_allclose(
        actual, expected.reshape(3, 12), rtol=1e-5, atol=1e-6
    )


def test_a_layer_like_others():
    inputs = [keras.Input((6,)), keras.Input((9,))]
    model = keras.Model(inputs, layers.Relocate(2)(inputs))
    assert model.output_shape == (None, 6)
    check_saves(model, [MARKS, np.full((2, 9), 1 / 9, "float32")])
    check_config(layers.Relocate(2))


@pytest.mark.parametrize("rows, size", [(4, 9), (2, 8)])
def test_refuses_what_is_no_grid(rows, size):
    with pytest.raises(ValueError, match="rows"):
        layers.Relocate(rows)([MARKS, np.ones((2, size), "float32")])
