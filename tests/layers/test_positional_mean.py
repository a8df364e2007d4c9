import numpy as np
import pytest
from checks import check_layer
from checks import numpy
from checks import randomize

from mmkeras import layers

X = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]], bool)


def test_as_the_formula():
    layer = layers.PositionalMean()
    layer.build(X.shape)
    randomize(layer)
    scaled = X * (1 + numpy(layer.places))
    np.testing.assert_allclose(
        numpy(layer(X)), scaled.mean(1), rtol=1e-5, atol=1e-6
    )
    masked = numpy(layer(X, mask=MASK))
    np.testing.assert_allclose(
        masked[0], scaled[0].mean(0), rtol=1e-5, atol=1e-6
    )
    expected = scaled[1, [0, 2]].mean(0)
    np.testing.assert_allclose(masked[1], expected, rtol=1e-5, atol=1e-6)
    assert not masked[2].any()
    assert layer.compute_mask(X, MASK) is None


def test_a_layer_like_others():
    check_layer(layers.PositionalMean, {}, X, (3, 2))


def test_refuses_an_unknown_length():
    with pytest.raises(ValueError, match="fixed length"):
        layers.PositionalMean().build((None, None, 2))
