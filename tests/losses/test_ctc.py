import itertools

import keras
import numpy as np
from checks import numpy
from keras import ops

from mmkeras import layers
from mmkeras import losses

RNG = np.random.default_rng(0)


def merged(path):
    """Removes repeats, then blanks."""
    return [x for x, _ in itertools.groupby(path) if x]


def enumerated(target, logits):
    """The loss as the sum over every path, in float64."""
    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=-1, keepdims=True)
    target = [x for x in target if x]
    paths = itertools.product(range(p.shape[1]), repeat=len(p))
    total = sum(
        np.prod(p[np.arange(len(p)), path])
        for path in paths
        if merged(path) == target
    )
    return -np.log(total)


def test_is_the_sum_over_all_paths():
    targets = np.array([[1, 2, 0], [1, 1, 0], [2, 0, 0], [0, 0, 0]])
    logits = RNG.normal(0, 2, (4, 5, 3)).astype("float32")
    expected = [enumerated(y, x) for y, x in zip(targets, logits)]
    actual = numpy(losses.ctc_loss(targets, logits))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def gradient(targets, logits):
    """Gradient of the summed loss on any backend."""
    weight = keras.Variable(logits)
    backend = keras.backend.backend()
    if backend == "torch":
        loss = ops.sum(losses.ctc_loss(targets, weight.value))
        loss.backward()
        return numpy(weight.value.grad)
    if backend == "jax":
        import jax

        return numpy(
            jax.grad(lambda x: ops.sum(losses.ctc_loss(targets, x)))(logits)
        )
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = ops.sum(losses.ctc_loss(targets, weight.value))
    return numpy(tape.gradient(loss, weight.value))


def test_gradient_equals_differences():
    targets = np.array([[1, 2, 2]])
    logits = RNG.normal(0, 1, (1, 6, 4)).astype("float32")
    actual, step = gradient(targets, logits), 1e-3
    for i, j in itertools.product(range(6), range(4)):
        ends = []
        for sign in (-1, 1):
            other = logits[0].copy()
            other[i, j] += sign * step
            ends.append(enumerated(targets[0], other))
        slope = (ends[1] - ends[0]) / (2 * step)
        np.testing.assert_allclose(actual[0, i, j], slope, atol=1e-3)


def test_padding_changes_nothing():
    targets = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    logits = RNG.normal(0, 1, (2, 9, 4)).astype("float32")
    mask = np.arange(9) < np.array([[5], [4]])
    padded = numpy(layers.BlankPadding()(logits, mask=ops.array(mask)))
    expected = [
        enumerated(targets[0], logits[0, :5]),
        enumerated(targets[1], logits[1, :4]),
    ]
    actual = numpy(losses.ctc_loss(targets, padded))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)
    slopes = gradient(targets, padded)
    assert np.abs(slopes[~mask]).max() < 1e-6
    assert np.abs(slopes[mask]).max() > 0.01


def test_targets_that_do_not_fit_have_no_loss():
    targets = np.array([[1, 1], [1, 2]])
    logits = RNG.normal(0, 1, (2, 2, 3)).astype("float32")
    assert losses.ctc_steps(targets).tolist() == [3, 2]
    loss = numpy(losses.ctc_loss(targets, logits))
    assert loss[0] == 0 and loss[1] > 0
    assert (gradient(targets, logits)[0] == 0).all()


def test_long_sequences_and_half_precision_are_finite():
    targets = RNG.integers(1, 50, (1, 120))
    logits = RNG.normal(0, 8, (1, 400, 50))
    whole = numpy(losses.ctc_loss(targets, logits.astype("float32")))
    half = numpy(losses.ctc_loss(targets, ops.cast(logits, "bfloat16")))
    assert np.isfinite(whole).all() and half.dtype == "float32"
    np.testing.assert_allclose(half, whole, rtol=0.05)
