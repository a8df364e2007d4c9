"""What every decoder does: `call`, `start` and `step` agree."""

import decoding
import keras
import numpy as np
import pytest
from checks import POLICIES
from checks import check_config
from checks import check_saves
from checks import check_trains
from checks import fast
from checks import numpy
from decoding import KINDS

ATTENTIVE = ("attention", "transformer")


@pytest.fixture(scope="module", params=KINDS)
def decoder(request):
    return decoding.decoder(request.param)


@pytest.fixture(scope="module")
def logits(decoder):
    """The decoder's logits for `decoding.tokens()`."""
    return decoding.call(decoder, decoding.tokens(), decoding.context())


def captioner(decoder):
    """A model of the decoder alone."""
    inputs = [
        keras.Input((None,), dtype="int32", name="tokens"),
        keras.Input((None, decoding.DIM), name="context"),
    ]
    return keras.Model(inputs, decoder(inputs), name="captioner")


def test_logits_have_a_value_per_word_of_the_vocabulary(decoder, logits):
    assert logits.shape == (3, 6, 7)
    assert decoder.compute_output_shape([(3, 6), (3, 4, 5)]) == (3, 6, 7)
    assert captioner(decoder).output_shape == (None, None, 7)


def test_positions_choose_the_tokens_that_are_predicted(decoder, logits):
    inputs = [decoding.tokens(), decoding.context()]
    positions = np.array(
        [1, 7, 7, 16, 0], "int32"
    )  # Of 3 sentences of 6 words.
    selected = numpy(decoder(inputs, positions=positions))
    every = logits.reshape(-1, 7)
    np.testing.assert_allclose(selected, every[positions], rtol=1e-4, atol=1e-5)
    x = keras.Input((), dtype="int32")
    model = captioner(decoder)
    assert decoder(model.inputs, positions=x).shape == (None, 7)


def test_cached_step_equals_the_call_token_by_token(decoder):
    tokens, context = decoding.tokens(length=9), decoding.context()
    logits = decoding.call(decoder, tokens, context)
    stepped = decoding.by_steps(decoder, tokens, context)
    np.testing.assert_allclose(stepped, logits, rtol=1e-4, atol=1e-5)
    assert logits.std() > 0.1  # They are not constant.


def test_state_is_batch_first_and_step_keeps_its_static_part(decoder):
    context = decoding.context(size=2)
    state = decoder.start(context)
    token = keras.ops.convert_to_tensor(np.array([3, 4], "int32"))
    _, successor = decoder.step(token, state, 0)
    assert {*state} == {*successor} >= {"static", "cache"}
    assert {*state} <= {"static", "cache", "past"}
    keras.tree.assert_same_structure(state, successor)
    for leaf in keras.tree.flatten(state):
        assert leaf.shape[0] == 2
    for old, new in zip(
        keras.tree.flatten(numpy(state["static"])),
        keras.tree.flatten(numpy(successor["static"])),
    ):
        np.testing.assert_array_equal(old, new)


def test_examples_of_a_batch_do_not_affect_each_other(decoder, logits):
    tokens, context = decoding.tokens(), decoding.context()
    single = decoding.call(decoder, tokens[1:2], context[1:2])
    np.testing.assert_allclose(logits[1:2], single, rtol=1e-4, atol=1e-5)


def test_logits_do_not_depend_on_later_tokens(decoder, logits):
    tokens, context = decoding.tokens(), decoding.context()
    other = tokens.copy()
    other[:, 3:] = 0
    changed = decoding.call(decoder, other, context)
    np.testing.assert_allclose(
        changed[:, :3], logits[:, :3], rtol=1e-4, atol=1e-5
    )
    assert np.abs(changed[:, 3:] - logits[:, 3:]).max() > 0.01


def test_logits_depend_on_the_context_and_all_earlier_tokens(decoder, logits):
    tokens, context = decoding.tokens(), decoding.context()
    elsewhere = decoding.call(decoder, tokens, decoding.context(seed=1))
    assert (np.abs(elsewhere - logits).max(axis=(0, 2)) > 1e-3).all()
    first = tokens.copy()
    first[:, 0] = first[:, 0] % 6 + 1
    actual = decoding.call(decoder, first, context)
    assert (np.abs(actual - logits).max(axis=(0, 2)) > 1e-4).all()


def test_from_config_makes_the_same_decoder(decoder):
    check_config(decoder)
    assert decoder.get_config()["vocabulary_size"] == 7


def test_save_and_load(decoder, logits):
    inputs = [decoding.tokens(), decoding.context()]
    loaded = check_saves(captioner(decoder), inputs, rtol=1e-4, atol=1e-5)
    restored = loaded.get_layer(decoder.name)
    np.testing.assert_allclose(
        decoding.by_steps(restored, *inputs), logits, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_reaches_every_weight(kind):
    decoder = decoding.decoder(kind, dropout=0.0)
    model = captioner(decoder)
    # A bias that all keys share does not change a softmax.
    check_trains(
        model,
        [decoding.tokens(), decoding.context()],
        but=("key/bias",),
        epochs=1,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_applied_in_training_only(kind):
    decoder = decoding.decoder(kind, dropout=0.5)
    inputs = [decoding.tokens(), decoding.context()]
    plain = numpy(decoder(inputs))
    np.testing.assert_array_equal(numpy(decoder(inputs, training=False)), plain)
    first = numpy(decoder(inputs, training=True))
    second = numpy(decoder(inputs, training=True))
    assert np.abs(first - second).max() > 0.01


@pytest.mark.parametrize("policy", POLICIES)
def test_mixed_precision_is_close_and_returns_float32(decoder, logits, policy):
    inputs = [decoding.tokens(), decoding.context()]
    half = decoding.decoder(decoder.name, dtype=policy)
    assert {w.dtype for w in half.weights} <= {"float32", "uint32", "int64"}
    size = 0.02 if policy == "mixed_float16" else 0.15
    for actual in (
        decoding.call(half, *inputs),
        decoding.by_steps(half, *inputs),
    ):
        assert actual.dtype == "float32"
        assert np.abs(actual - logits).max() / logits.std() < size


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_trains(kind, policy):
    decoder = decoding.decoder(kind, dtype=policy, dropout=0.1)
    model = captioner(decoder)
    inputs = [decoding.tokens(), decoding.context()]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.optimizer.build(model.trainable_variables)
    history = model.fit(
        inputs, decoding.tokens(seed=2), epochs=15, verbose=0
    ).history["loss"]
    assert np.isfinite(history).all()
    assert history[-1] < history[0]


@pytest.mark.parametrize("kind", ATTENTIVE)
def test_attention_sums_to_one(kind):
    decoder = decoding.decoder(kind)
    inputs = [decoding.tokens(), decoding.context()]
    weights = numpy(fast(decoder.attention)(inputs))
    assert weights.shape == (3, 6, 4)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5, atol=1e-6)
    assert weights.max() > 0.3  # Not spread evenly over the 4.


@pytest.mark.parametrize("kind", KINDS)
def test_a_context_without_regions_is_refused(kind):
    cls, kwargs = KINDS[kind]
    with pytest.raises(ValueError, match=r"\(batch, regions, dim\)"):
        cls(7, **kwargs)([decoding.tokens(), np.ones((3, 5), "float32")])
