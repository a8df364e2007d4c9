import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import layers

RNG = np.random.default_rng(0)
PAIRS = RNG.normal(size=(6, 2, 4)).astype("float32")
GROUPS = np.array(  # Captions of an image, and equal captions.
    [[0, 10], [0, 11], [1, 12], [2, 12], [3, 13], [4, 14]], "int32"
)


def allowed(groups=GROUPS):
    return ~(groups[:, None] == groups[None]).any(-1)


def test_the_most_similar_ones_are_chosen_in_inference():
    seconds, firsts, exist = numpy(layers.HardNegatives()([PAIRS, GROUPS]))
    logits = PAIRS[:, 0] @ PAIRS[:, 1].T
    logits = np.where(allowed(), logits, -np.inf)
    np.testing.assert_array_equal(seconds, logits.argmax(1))
    np.testing.assert_array_equal(
        firsts, np.where(allowed(), logits.T, -np.inf).T.argmax(0)
    )
    assert exist.all()


def test_samples_follow_the_similarities_and_are_never_of_a_group():
    layer = layers.HardNegatives(seed=1)
    draws = [numpy(layer([PAIRS, GROUPS], training=True)) for _ in range(200)]
    logits = PAIRS[:, 0].astype("float64") @ PAIRS[:, 1].T
    for side, z in enumerate((logits, logits.T)):
        shares = np.zeros((6, 6))
        for draw in draws:
            shares[np.arange(6), draw[side]] += 1 / len(draws)
        assert not shares[~allowed()].any()
        expected = np.where(allowed(), np.exp(z), 0)
        expected /= expected.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(shares, expected, atol=0.13)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_of_one_group_has_none(training, count):
    groups = np.zeros((count, 2), "int32")
    layer = layers.HardNegatives(seed=0)
    *indices, exist = numpy(layer([PAIRS[:count], groups], training=training))
    assert not exist.any()
    for index in indices:
        assert ((0 <= index) & (index < count)).all()


def test_groups_may_be_one_column_and_precision_half():
    negatives = numpy(layers.are_negatives(GROUPS[:, 0]))
    np.testing.assert_array_equal(negatives, allowed(GROUPS[:, :1]))
    layer = layers.HardNegatives(dtype="mixed_float16")
    seconds, _, _ = layer([1e4 * PAIRS, GROUPS])
    assert keras.backend.standardize_dtype(seconds.dtype) == "int32"
    assert allowed()[np.arange(6), numpy(seconds)].all()


def test_config_and_file():
    check_config(layers.HardNegatives(seed=3, name="negatives"))
    inputs = [
        keras.Input((2, 4), name="pairs"),
        keras.Input((2,), dtype="int32", name="groups"),
    ]
    outputs = layers.HardNegatives(seed=3, name="negatives")(inputs)
    check_saves(keras.Model(inputs, outputs[:2]), [PAIRS, GROUPS])
