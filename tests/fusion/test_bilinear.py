import numpy as np
import pytest
from checks import numpy
from checks import randomize
from keras import ops

from mmkeras import fusion
from mmkeras.fusion.power import power_normalized


def random_inputs(*sizes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(3, dim)).astype("float32") for dim in sizes]


def randomized(layer, inputs):
    layer(inputs)
    return randomize(layer)


def dense(part, x):
    y = x @ numpy(part.kernel)
    return y + numpy(part.bias) if part.use_bias else y


def normalized(z):
    z = np.sign(z) * np.sqrt(np.abs(z))
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def check(layer, inputs, expected, presence=None):
    if presence is not None:
        presence = ops.convert_to_tensor(np.array([presence] * 3, bool))
    actual = numpy(layer(inputs, presence=presence))
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4)


def convolved(a, b):
    """Circular convolution, by its definition."""
    return np.array(
        [
            sum(a[j] * b[(k - j) % len(a)] for j in range(len(a)))
            for k in range(len(a))
        ]
    )


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2), (1,)])
def test_compact_bilinear_convolves_sketches(present):
    inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.CompactBilinear(dim=8, seed=3), inputs)
    expected = []
    for row in range(3):
        z = np.eye(8)[0]
        for i in present:
            positions, signs = layer.sketches[i]
            sketch = np.zeros(8)
            np.add.at(sketch, positions, signs * inputs[i][row])
            z = convolved(z, sketch)
        expected.append(z)
    presence = [i in present for i in range(3)]
    check(layer, inputs, normalized(np.array(expected)), presence)


def test_sketches_depend_on_the_seed():
    x = random_inputs(5, 4)
    first, same, other = (
        numpy(fusion.CompactBilinear(dim=16, seed=seed)(x))
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.1


def test_an_odd_size_of_sketches_is_refused():
    with pytest.raises(ValueError, match="even.*dim=7"):
        fusion.CompactBilinear(dim=7)


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2)])
def test_mlb(present):
    inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.MLB(dim=7), inputs)
    h = np.prod(
        [np.tanh(dense(layer.factors[i], inputs[i])) for i in present], axis=0
    )
    presence = [i in present for i in range(3)]
    check(layer, inputs, dense(layer.out, h), presence)


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2)])
def test_mfb(present):
    inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.MFB(dim=7, factor=3), inputs)
    e = np.prod([dense(layer.factors[i], inputs[i]) for i in present], axis=0)
    z = e.reshape(3, 7, 3).sum(axis=-1)
    presence = [i in present for i in range(3)]
    check(layer, inputs, normalized(z), presence)


def test_mfh():
    inputs = random_inputs(5, 4)
    layer = randomized(fusion.MFH(dim=7, factor=3, order=2), inputs)
    e, expected = 1.0, []
    for block in layer.blocks:
        e = e * np.prod([dense(p, x) for p, x in zip(block, inputs)], axis=0)
        expected.append(normalized(e.reshape(3, 7, 3).sum(axis=-1)))
    check(layer, inputs, np.concatenate(expected, axis=-1))


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2)])
def test_mutan(present):
    inputs = random_inputs(5, 4, 6)
    layer = randomized(fusion.MUTAN(dim=7, hidden=4, rank=3), inputs)
    factors = [
        dense(
            layer.factors[i], np.tanh(dense(layer.squash[i], inputs[i]))
        ).reshape(3, 3, 7)
        for i in present
    ]
    expected = np.prod(factors, axis=0).sum(axis=1)
    presence = [i in present for i in range(3)]
    check(layer, inputs, expected, presence)


def test_the_root_of_zeros_and_of_little():
    z = numpy(power_normalized(ops.zeros((2, 3))))
    np.testing.assert_array_equal(z, 0)
    x = np.array([[4.0, -9.0, 0.0], [1e-8, 0, 0]], "float32")
    y = numpy(power_normalized(ops.convert_to_tensor(x)))
    np.testing.assert_allclose(
        y[0], np.array([2, -3, 0]) / 13**0.5, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(y[1], [1, 0, 0], rtol=1e-5, atol=1e-6)
