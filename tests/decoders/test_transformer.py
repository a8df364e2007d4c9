import math

import decoding
import keras
import numpy as np
import pytest
from checks import fast
from checks import numpy
from decoding import softmax

from mmkeras.decoders.block import TransformerBlock
from mmkeras.decoders.hypotheses import no_origins
from mmkeras.decoders.hypotheses import with_position


def norm(x, w, name):
    x = x - x.mean(axis=-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-3)
    return x * w[f"{name}/gamma"] + w[f"{name}/beta"]


def gelu(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def attend(x, memory, w, name, causal=False):
    """Multi-head attention; returns its output and the mean weights."""

    def project(x, part):
        x = np.einsum("nld,dhk->nlhk", x, w[f"{name}/{part}/kernel"])
        return x + w[f"{name}/{part}/bias"]

    q, k, v = (
        project(x, "query"),
        project(memory, "key"),
        project(memory, "value"),
    )
    scores = np.einsum("nlhk,nmhk->nhlm", q, k) / math.sqrt(q.shape[-1])
    if causal:
        later = np.triu(np.ones(scores.shape[-2:], bool), 1)
        scores = np.where(later, -np.inf, scores)
    weights = softmax(scores)
    y = np.einsum("nhlm,nmhk->nlhk", weights, v)
    y = np.einsum("nlhk,hkd->nld", y, w[f"{name}/attention_output/kernel"])
    return y + w[f"{name}/attention_output/bias"], weights.mean(axis=1)


def block(x, memory, w):
    y = norm(x, w, "norm_self")
    x = x + attend(y, y, w, "self_attention", causal=True)[0]
    y = norm(x, w, "norm_cross")
    y, weights = attend(y, memory, w, "cross_attention")
    x = x + y
    y = norm(x, w, "norm_feed") @ w["feed_in/kernel"] + w["feed_in/bias"]
    return x + gelu(y) @ w["feed_out/kernel"] + w["feed_out/bias"], weights


def inside(w, prefix):
    return {
        key.removeprefix(prefix): value
        for key, value in w.items()
        if key.startswith(prefix)
    }


def test_equals_the_formula():
    decoder = decoding.decoder("transformer")
    tokens, context = decoding.tokens(), decoding.context()
    w = decoding.arrays(decoder)
    memory = context @ w["regions/kernel"] + w["regions/bias"]
    memory = norm(memory, w, "regions_norm")
    x = w["words/embeddings"][tokens]
    x = x + w["position_embedding/embeddings"][: tokens.shape[1]]
    for i in range(decoder.depth):
        x, weights = block(x, memory, inside(w, f"block_{i}/"))
    logits = norm(x, w, "norm") @ w["logits/kernel"] + w["logits/bias"]
    np.testing.assert_allclose(
        decoding.call(decoder, tokens, context), logits, rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(
        numpy(fast(decoder.attention)([tokens, context])),
        weights,
        rtol=1e-3,
        atol=1e-4,
    )


def test_tied_vectors_equal_the_formula():
    decoder = decoding.decoder("transformer", tied=True, feed_dim=5)
    tokens, context = decoding.tokens(), decoding.context()
    w = decoding.arrays(decoder)
    memory = context @ w["regions/kernel"] + w["regions/bias"]
    memory = norm(memory, w, "regions_norm")
    x = w["words/embeddings"][tokens]
    x = x + w["position_embedding/embeddings"][: tokens.shape[1]]
    x = x * np.sqrt(8)
    for i in range(decoder.depth):
        x, _ = block(x, memory, inside(w, f"block_{i}/"))
    logits = norm(x, w, "norm") @ w["words/embeddings"].T
    np.testing.assert_allclose(
        decoding.call(decoder, tokens, context), logits, rtol=1e-3, atol=1e-4
    )
    assert w["block_0/feed_in/kernel"].shape == (8, 5)


def test_block_steps_as_it_is_called():
    layer = TransformerBlock(8, 2, name="block")
    rng = np.random.default_rng(0)
    x = keras.ops.convert_to_tensor(rng.normal(size=(3, 5, 8)), "float32")
    memory = keras.ops.convert_to_tensor(rng.normal(size=(3, 4, 8)), "float32")
    called, weights = layer([x, memory])
    assert tuple(weights.shape) == (3, 5, 4)
    history, origins = layer.empty_history(3, 5), no_origins(3, 5)
    projected = layer.remember(memory)
    for index in range(5):
        origins, visible = with_position(origins, 3, index)
        y, history = layer.step(
            x[:, index : index + 1], projected, history, index, visible
        )
        np.testing.assert_allclose(
            numpy(y)[:, 0], numpy(called)[:, index], rtol=1e-4, atol=1e-5
        )


def test_hypotheses_share_earlier_positions():
    """Both hypotheses of the first example continue its second one."""
    layer = TransformerBlock(8, 2, name="block")
    layer.build([(None, None, 8)] * 2)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 2, 8))  # 2 examples, 2 hypotheses each.
    x = keras.ops.convert_to_tensor(x, "float32")
    memory = rng.normal(size=(2, 3, 8))
    memory = keras.ops.convert_to_tensor(memory, "float32")
    projected = layer.remember(memory)
    history = [
        keras.ops.repeat(part, 2, axis=2) for part in layer.empty_history(2, 2)
    ]
    origins = keras.ops.repeat(no_origins(2, 2), 2, axis=0)
    origins, visible = with_position(origins, 2, 0)
    _, history = layer.step(x[:, :1], projected, history, 0, visible)
    order = np.array([1, 1, 2, 3], "int32")
    origins = keras.ops.take(origins, order, axis=0)
    _, visible = with_position(origins, 2, 1)
    y, _ = layer.step(x[:, 1:], projected, history, 1, visible)
    first = keras.ops.take(x[:, 0], order, axis=0)
    sequences = keras.ops.stack([first, x[:, 1]], axis=1)
    expected, _ = layer([sequences, keras.ops.repeat(memory, 2, axis=0)])
    np.testing.assert_allclose(
        numpy(y), numpy(expected)[:, 1:], rtol=1e-4, atol=1e-5
    )


def test_heads_must_divide_dim():
    with pytest.raises(ValueError, match="divide.*dim=8, heads=3"):
        TransformerBlock(8, 3)


@pytest.mark.parametrize("static", [True, False])
def test_too_many_tokens_are_refused(static):
    decoder = decoding.decoder("transformer", length=4)
    tokens = keras.Input((5 if static else None,), dtype="int32")
    regions = keras.Input((4, 5))
    with pytest.raises(ValueError, match="at most length=4.*5"):
        model = keras.Model([tokens, regions], decoder([tokens, regions]))
        model([decoding.tokens(length=5), decoding.context()])
