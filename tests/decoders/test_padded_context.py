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


@pytest.mark.parametrize("kind", KINDS)
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


@pytest.mark.parametrize("kind", KINDS)
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
