import numpy as np
import pytest
from checks import numpy
from checks import randomize
from keras import ops

from mmkeras import fusion


def random_inputs(*sizes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(3, dim)).astype("float32") for dim in sizes]


def randomized(layer, inputs):
    layer(inputs)
    return randomize(layer)


def dense(part, x):
    y = x @ numpy(part.kernel)
    return y + numpy(part.bias) if part.use_bias else y


def check(layer, inputs, expected, present=(0, 1, 2)):
    presence = np.array([[i in present for i in range(3)]] * 3)
    actual = numpy(layer(inputs, presence=ops.convert_to_tensor(presence)))
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2), (0,)])
def test_film(present):
    x, *others = inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.FiLM(), inputs)
    change = np.zeros((3, 10))
    for i in present[1:]:
        change += dense(layer.films[i - 1], others[i - 1])
    expected = (1 + change[:, :5]) * x + change[:, 5:]
    check(layer, inputs, expected, present)


@pytest.mark.parametrize("beta", [0.05, 10.0])
@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2)])
def test_mag(beta, present):
    h, *others = inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.MAG(beta=beta), inputs)
    d = numpy(layer.shift)
    for i in present[1:]:
        x = others[i - 1]
        gate = dense(layer.gates[i - 1], np.concatenate([h, x], axis=1))
        d = d + np.maximum(gate, 0) * dense(layer.values[i - 1], x)
    length = np.linalg.norm(h, axis=1) / np.linalg.norm(d, axis=1)
    y = h + np.minimum(length * beta, 1)[:, None] * d
    y = (y - y.mean(1, keepdims=True)) / np.sqrt(
        y.var(1, keepdims=True) + layer.norm.epsilon
    )
    expected = y * numpy(layer.norm.gamma) + numpy(layer.norm.beta)
    check(layer, inputs, expected, present)


@pytest.mark.parametrize("present", [(0, 1, 2), (1,)])
def test_deep_sets(present):
    inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.DeepSets(dim=7), inputs)
    total = np.zeros((3, 7))
    for i in present:
        member = dense(layer.projections[i], inputs[i])
        total += np.maximum(dense(layer.phi, member), 0)
    expected = np.maximum(dense(layer.rho, total), 0)
    check(layer, inputs, expected, present)
