import keras
import numpy as np
import pytest
from checks import numpy
from checks import randomize
from keras import ops

from mmkeras import fusion


def random_inputs(*sizes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(3, dim)).astype("float32") for dim in sizes]


def with_ones(inputs, presence):
    """[x; 1] of each input, zeros for x where it is absent."""
    for x, present in zip(inputs, presence.T):
        x = np.where(present[:, None], x, 0)
        yield np.concatenate([x, np.ones((len(x), 1))], axis=1)


@pytest.mark.parametrize("presence", [[1, 1, 1], [1, 0, 1], [0, 0, 0]])
def test_tensor_is_the_outer_product(presence):
    inputs, presence = random_inputs(4, 2, 3), np.array([presence] * 3, bool)
    a, b, c = with_ones(inputs, presence)
    expected = np.einsum("ni,nj,nk->nijk", a, b, c).reshape(3, -1)
    flags = ops.convert_to_tensor(presence)
    actual = numpy(fusion.Tensor()(inputs, presence=flags))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_a_product_too_large_is_refused():
    inputs = [keras.Input((dim,)) for dim in (300, 200, 100)]
    with pytest.raises(ValueError, match=r"6,110,601.*\n?.*LowRank"):
        fusion.Tensor()(inputs)


@pytest.mark.parametrize("presence", [[1, 1, 1], [1, 0, 1]])
def test_low_rank_is_a_dense_layer_on_the_outer_product(presence):
    inputs, presence = random_inputs(4, 2, 3), np.array([presence] * 3, bool)
    layer = fusion.LowRank(dim=5, rank=2)
    layer(inputs)
    randomize(layer)
    u, v, w = (numpy(f).reshape(-1, 2, 5) for f in layer.factors)
    weight = numpy(layer.weight)
    kernel = np.einsum("r,ird,jrd,krd->ijkd", weight, u, v, w)
    outer = np.einsum("ni,nj,nk->nijk", *with_ones(inputs, presence))
    expected = np.einsum("nijk,ijkd->nd", outer, kernel) + numpy(layer.bias)
    flags = ops.convert_to_tensor(presence)
    actual = numpy(layer(inputs, presence=flags))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)
