import keras
import numpy as np
import pytest
from checks import numpy
from keras import ops

from mmkeras import fusion

PRESENCE = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]], bool)
FORMULAS = {
    fusion.Sum: lambda xs: np.sum(xs, axis=0),
    fusion.Product: lambda xs: np.prod(xs, axis=0),
    fusion.Max: lambda xs: np.max(xs, axis=0) if len(xs) else 0 * xs.sum(0),
    fusion.Mean: lambda xs: np.mean(xs, axis=0) if len(xs) else 0 * xs.sum(0),
}


def random_inputs(*shape):
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 4, *shape)).astype("float32")


@pytest.mark.parametrize("cls", FORMULAS, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("shape", [(5,), (2, 5)], ids=["vectors", "sequences"])
def test_equals_the_formula_over_present_inputs(cls, shape):
    x = random_inputs(*shape)
    presence = ops.convert_to_tensor(PRESENCE)
    actual = numpy(cls()(list(x), presence=presence))
    for row, present in enumerate(PRESENCE):
        expected = FORMULAS[cls](x[present, row])
        np.testing.assert_allclose(actual[row], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cls", FORMULAS, ids=lambda cls: cls.__name__)
def test_different_shapes_are_refused(cls):
    inputs = [keras.Input((3,)), keras.Input((4,))]
    with pytest.raises(ValueError, match="the same shape.*Dense"):
        cls()(inputs)
