"""Regions that are all zero are padding, if a decoder is told so."""

import decoding
import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import fast
from checks import numpy

KINDS = ("attention", "transformer", "tied")


def make(kind):
    if kind == "injected":
        options = {"inject": "start+words", "mask_zero": True}
        return decoding.decoder("attention", **options)
    options = {"tied": True, "feed_dim": 5} if kind == "tied" else {}
    name = "transformer" if kind == "tied" else kind
    return decoding.decoder(name, mask_zero=True, **options)


def padded(context, count=3):
    """Zeros after the regions, and in place of one of an example."""
    context = np.pad(context, [(0, 0), (0, count), (0, 0)])
    context[1, 2] = 0
    return context


@pytest.mark.parametrize("kind", KINDS)
def test_padding_has_no_effect(kind):
    decoder, tokens = make(kind), decoding.tokens()
    context = padded(decoding.context())
    logits = decoding.call(decoder, tokens, context)
    for row in range(3):
        regions = context[row][context[row].any(-1)][None]
        single = decoding.call(decoder, tokens[row][None], regions)
        np.testing.assert_allclose(
            logits[row][None], single, rtol=1e-4, atol=1e-5
        )


def test_the_first_region_is_injected():
    decoder, tokens = make("injected"), decoding.tokens()
    context = decoding.context()
    logits = decoding.call(decoder, tokens, context)
    other = context.copy()
    other[:, 0] *= -1
    changed = decoding.call(decoder, tokens, other)
    assert (np.abs(changed - logits).max(axis=(0, 2)) > 1e-3).all()
    assert numpy(decoder.attention([tokens, context])).shape == (3, 6, 3)
    # A vector of zeros changes nothing.
    plain = decoding.KINDS["attention"][0](7, dim=8, mask_zero=True)
    plain.build([(None, None), (None, None, decoding.DIM)])
    weights = decoding.arrays(decoder)
    for weight in plain.weights:
        weight.assign(weights[weight.path.partition("/")[2]])
    other[:, 0] = 0
    np.testing.assert_allclose(
        decoding.call(decoder, tokens, other),
        decoding.call(plain, tokens, context[:, 1:]),
        rtol=1e-4,
        atol=1e-5,
    )


def test_other_places_are_refused():
    with pytest.raises(ValueError, match="start, words, .*inject='end'"):
        decoding.decoder("attention", inject="end")


@pytest.mark.parametrize("kind", [*KINDS, "injected"])
def test_cached_step_equals_the_call(kind):
    decoder, tokens = make(kind), decoding.tokens()
    context = padded(decoding.context())
    logits = decoding.call(decoder, tokens, context)
    stepped = decoding.by_steps(decoder, tokens, context)
    np.testing.assert_allclose(stepped, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_attends_to_padding(kind):
    decoder, context = make(kind), padded(decoding.context())
    weights = numpy(fast(decoder.attention)([decoding.tokens(), context]))
    assert weights.shape == (3, 6, 7)
    is_region = context.any(-1)[:, None]
    assert np.where(is_region, 0, weights).max() < 1e-6
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("kind", [*KINDS, "injected"])
def test_is_saved(kind):
    decoder = make(kind)
    check_config(decoder)
    inputs = [
        keras.Input((None,), dtype="int32", name="tokens"),
        keras.Input((None, decoding.DIM), name="context"),
    ]
    model = keras.Model(inputs, decoder(inputs), name="model")
    batch = [decoding.tokens(), padded(decoding.context())]
    check_saves(model, batch, rtol=1e-4, atol=1e-5)


def test_initial_logits_of_tied_vectors_are_about_of_size_one():
    keras.utils.set_random_seed(0)
    layer = decoding.KINDS["transformer"][0]
    decoder = layer(500, dim=64, depth=1, heads=2, tied=True)
    logits = numpy(decoder([decoding.tokens(), decoding.context()]))
    assert 0.5 < logits.std() < 2
