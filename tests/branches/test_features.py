import keras
import numpy as np
import pytest
from checks import check_saves
from checks import check_trains
from checks import numpy
from checks import randomize

from mmkeras import layers
from mmkeras.branches import features

VECTORS = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
STEPS = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")


def pooled(branch):
    steps = keras.Input(branch.input_shape[1:], name="features")
    return keras.Model(steps, layers.MaskedPool()(branch(steps)))


def test_dense_equals_its_formula():
    branch = randomize(features.dense((5,), 4))
    norm, dense = branch.get_layer("norm"), branch.get_layer("dense")
    x = VECTORS - VECTORS.mean(axis=1, keepdims=True)
    x = x / np.sqrt(VECTORS.var(axis=1, keepdims=True) + norm.epsilon)
    x = x * numpy(norm.gamma) + numpy(norm.beta)
    x = np.maximum(x @ numpy(dense.kernel) + numpy(dense.bias), 0)
    actual = numpy(branch(VECTORS))
    assert actual.shape == (3, 1, 4)
    np.testing.assert_allclose(actual[:, 0], x, rtol=1e-4, atol=1e-5)


def test_steps_of_zeros_are_padding():
    model = pooled(randomize(features.gru((None, 5), 6)))
    longer = np.pad(STEPS, [(0, 0), (0, 2), (0, 0)])
    np.testing.assert_allclose(
        numpy(model(longer)), numpy(model(STEPS)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    "branch, x",
    [
        (features.dense((5,), 4), VECTORS),
        (features.gru((4, 5), 6), STEPS),
        (features.gru((None, 5), 6), STEPS),
    ],
    ids=["dense", "gru", "any length"],
)
def test_saves_and_learns(branch, x):
    model = pooled(randomize(branch))
    check_saves(model, x)
    check_trains(model, x)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"vector.*shape=\(4, 5\)"):
        features.dense((4, 5))
    with pytest.raises(ValueError, match=r"sequence.*shape=\(5,\)"):
        features.gru((5,))
    with pytest.raises(ValueError, match="dim=5"):
        features.gru((4, 5), 5)
