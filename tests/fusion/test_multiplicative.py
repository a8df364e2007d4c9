import numpy as np
import pytest
from checks import numpy
from checks import randomize
from keras import ops

from mmkeras import fusion
from mmkeras.fusion.multiplicative import KINDS


def one_round(kind, x, z, parts):
    """The formula of one pair, from the layer's weights."""
    own = x @ numpy(parts["own"].kernel)
    shift = z @ numpy(parts["shift"].kernel) + numpy(parts["shift"].bias)
    if kind == "matrix":
        w = numpy(parts["bilinear"])  # (dim_z, dim_x, dim)
        return np.einsum("bz,zxd,bx->bd", z, w, x) + own + shift
    return (z @ numpy(parts["scale"].kernel)) * own + shift


@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_formula(kind):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(3, dim)).astype("float32") for dim in (4, 6, 2)]
    layer = fusion.Multiplicative(dim=5, kind=kind)
    layer(inputs)
    randomize(layer)
    expected = one_round(kind, inputs[0], inputs[1], layer.rounds[0])
    expected = one_round(kind, expected, inputs[2], layer.rounds[1])
    actual = numpy(layer(inputs))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    presence = np.array([[True, False, True]] * 3)
    inputs[1] = np.zeros_like(inputs[1])
    expected = one_round(kind, inputs[0], inputs[1], layer.rounds[0])
    expected = one_round(kind, expected, inputs[2], layer.rounds[1])
    actual = numpy(layer(inputs, presence=ops.convert_to_tensor(presence)))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="matrix, vector, scalar.*'cube'"):
        fusion.Multiplicative(kind="cube")
