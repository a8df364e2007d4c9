import numpy as np
from checks import numpy
from checks import randomize

from mmkeras import fusion


def test_equals_the_formula():
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(3, dim)).astype("float32") for dim in (4, 6)]
    layer = fusion.MLP(dim=5, depth=3)
    layer(inputs)
    randomize(layer)
    expected = np.concatenate(inputs, axis=-1)
    for part in layer.stack:
        expected = expected @ numpy(part.kernel) + numpy(part.bias)
        expected = np.maximum(expected, 0)
    actual = numpy(layer(inputs))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
