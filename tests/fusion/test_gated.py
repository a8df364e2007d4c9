import numpy as np
from checks import numpy
from checks import randomize

from mmkeras import fusion


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_equals_the_formula():
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(3, dim)).astype("float32") for dim in (4, 6, 2)]
    layer = fusion.Gated(dim=5)
    layer(inputs)
    randomize(layer)
    joined = np.concatenate(inputs, axis=-1)
    expected = 0
    for x, value, gate in zip(inputs, layer.values, layer.gates):
        h = np.tanh(x @ numpy(value.kernel))
        expected += sigmoid(joined @ numpy(gate.kernel)) * h
    actual = numpy(layer(inputs))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
