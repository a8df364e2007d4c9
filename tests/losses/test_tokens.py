import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import losses

TARGETS = np.array([[3, 1, 2, 0], [4, 0, 0, 0], [1, 2, 3, 4]], "int32")
LOGITS = np.random.default_rng(0).normal(0, 3, (3, 4, 6)).astype("float32")


def log_softmax(x):
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def smoothed(targets, logits, share):
    """Cross-entropy with the target mixed with the even distribution."""
    mixed = np.eye(logits.shape[-1])[targets]
    mixed = (1 - share) * mixed + share / logits.shape[-1]
    loss = -(mixed * log_softmax(logits.astype("float64"))).sum(axis=-1)
    return loss * (targets != 0)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_equals_the_formula(share):
    actual = numpy(losses.token_crossentropy(TARGETS, LOGITS, share))
    np.testing.assert_allclose(
        actual, smoothed(TARGETS, LOGITS, share), rtol=1e-5, atol=1e-6
    )
    loss = losses.TokenCrossentropy(share)(TARGETS, LOGITS)
    mean = smoothed(TARGETS, LOGITS, share).sum() / (TARGETS != 0).sum()
    np.testing.assert_allclose(numpy(loss), mean, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, -1.0]])
def test_words_one_by_one_cost_what_their_sentences_do(weights):
    loss = losses.TokenCrossentropy(0.1)
    whole = loss(TARGETS, LOGITS, weights and np.float32(weights))
    words = weights and np.repeat(np.float32(weights), 4)
    alone = loss(TARGETS.ravel(), LOGITS.reshape(-1, 6), words)
    np.testing.assert_allclose(numpy(alone), numpy(whole), rtol=1e-5)


def test_equals_keras_with_an_ignored_class():
    theirs = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=0
    )
    np.testing.assert_allclose(
        numpy(losses.TokenCrossentropy()(TARGETS, LOGITS)),
        numpy(theirs(TARGETS, LOGITS)),
        rtol=1e-5,
        atol=1e-6,
    )


def test_equals_keras_label_smoothing():
    theirs = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.2
    )
    whole = TARGETS[2:]
    np.testing.assert_allclose(
        numpy(losses.TokenCrossentropy(0.2)(whole, LOGITS[2:])),
        numpy(theirs(np.eye(6, dtype="float32")[whole], LOGITS[2:])),
        rtol=1e-5,
        atol=1e-6,
    )


def test_padding_changes_nothing():
    loss = losses.TokenCrossentropy(0.1)
    targets = np.pad(TARGETS, [(0, 0), (0, 3)])
    logits = np.pad(LOGITS, [(0, 0), (0, 3), (0, 0)], constant_values=9)
    np.testing.assert_allclose(
        numpy(loss(targets, logits)),
        numpy(loss(TARGETS, LOGITS)),
        rtol=1e-6,
        atol=1e-6,
    )


def test_nothing_but_padding_costs_nothing():
    loss = losses.TokenCrossentropy()
    assert numpy(loss(np.zeros_like(TARGETS), LOGITS)) == 0


def test_sample_weights_weigh_sentences():
    loss = losses.TokenCrossentropy()
    each = smoothed(TARGETS, LOGITS, 0).sum(axis=-1)
    weight = np.array([1.0, 0.0, 2.0], "float32")
    expected = (each * weight).sum() / (TARGETS != 0).sum()
    actual = numpy(loss(TARGETS, LOGITS, sample_weight=weight))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_logits_are_summed_in_float32(dtype):
    logits = keras.ops.cast(LOGITS * 100, dtype)
    exact = numpy(keras.ops.cast(logits, "float32"))
    loss = losses.token_crossentropy(TARGETS, logits)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    actual = numpy(loss)
    scaled = exact.astype("float64")
    scaled -= scaled.max(axis=-1, keepdims=True)
    expected = smoothed(TARGETS, scaled, 0)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-4)


def test_works_in_fit_and_comes_back_from_its_config():
    loss = losses.TokenCrossentropy(0.1)
    again = losses.TokenCrossentropy.from_config(loss.get_config())
    assert again.label_smoothing == 0.1
    x = keras.Input((4, 6), name="logits")
    y = keras.layers.Dense(6, name="words", kernel_initializer="identity")(x)
    model = keras.Model(x, y, name="words_model")
    model.compile(keras.optimizers.SGD(0.1), again)
    history = model.fit(
        LOGITS, TARGETS, batch_size=3, epochs=3, verbose=0
    ).history["loss"]
    expected = smoothed(TARGETS, LOGITS, 0.1).sum() / (TARGETS != 0).sum()
    np.testing.assert_allclose(history[0], expected, rtol=1e-5, atol=1e-6)
    assert history[-1] < history[0]


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_impossible_smoothing_is_refused(share):
    with pytest.raises(ValueError, match="label_smoothing.*Received"):
        losses.TokenCrossentropy(share)(TARGETS, LOGITS)


def test_divergence_equals_the_formula():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 3, 4, 5)).astype("float32")
    targets = np.array([[1, 2, 0, 0], [3, 4, 1, 0], [2, 2, 2, 2]])
    p, q = (np.exp(log_softmax(x)) for x in (first, second))
    both = (p * np.log(p / q) + q * np.log(q / p)).sum(-1) / 2
    expected = both[targets != 0].mean()
    actual = numpy(losses.token_divergence(targets, first, second))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)
    assert numpy(losses.token_divergence(targets, first, first)) == 0
    other = np.where(targets[..., None] == 0, 9.0, second)
    again = numpy(losses.token_divergence(targets, first, other))
    np.testing.assert_allclose(again, expected, rtol=1e-5)
