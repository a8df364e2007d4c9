"""Fusions of sequences against their formulas in NumPy."""

import math

import numpy as np
import pytest
from checks import numpy
from checks import randomize

from mmkeras import fusion

SMALL = {"dim": 4, "heads": 2, "dropout": 0.0}


def random_inputs(seed=0):
    rng = np.random.default_rng(seed)
    shapes = (2, 3, 5), (2, 4, 2), (2, 1, 3)
    inputs = [rng.normal(size=shape).astype("float32") for shape in shapes]
    masks = [np.ones(shape[:2], bool) for shape in shapes]
    masks[0][1, 2:] = masks[1][0, 1:] = False
    return inputs, masks


def built(layer):
    inputs, masks = random_inputs()
    layer.build([x.shape for x in inputs])
    return randomize(layer), inputs, masks


def linear(dense, x):
    return x @ numpy(dense.kernel) + numpy(dense.bias)


def normal(norm, x):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + norm.epsilon)
    return x * numpy(norm.gamma) + numpy(norm.beta)


def gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def heads(dense, x):
    projected = np.einsum("btd,dhk->bhtk", x, numpy(dense.kernel))
    return projected + numpy(dense.bias)[None, :, None]


def attend(layer, query, memory, step_mask):
    q, k, v = (
        heads(part, x)
        for part, x in (
            (layer.query_dense, query),
            (layer.key_dense, memory),
            (layer.value_dense, memory),
        )
    )
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    scores = np.where(step_mask[:, None, None, :], scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    kernel = numpy(layer.output_dense.kernel)
    attended = np.einsum("bhtk,hkd->btd", weights @ v, kernel)
    return attended + numpy(layer.output_dense.bias)


def block(layer, x, memory, step_mask):
    query, memory = (normal(layer.norms[0], y) for y in (x, memory))
    x = x + attend(layer.attention, query, memory, step_mask)
    hidden = gelu(linear(layer.feed[0], normal(layer.norms[1], x)))
    return x + linear(layer.feed[1], hidden)


def sine_positions(x):
    """Even features: sine; odd: cosine of t / 10000^(2 i / dim)."""
    _, length, dim = x.shape
    i = np.arange(dim)
    angle = np.arange(length)[:, None] / 10000 ** (2 * (i // 2) / dim)
    return np.where(i % 2 == 0, np.sin(angle), np.cos(angle))


def equal(layer, inputs, masks, expected):
    actual = numpy(layer(inputs, mask=masks))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_cross_attention():
    layer, inputs, masks = built(fusion.CrossAttention(**SMALL))
    first, *others = map(linear, layer.projections, inputs)
    memory, mask = np.concatenate(others, 1), np.concatenate(masks[1:], 1)
    expected = normal(layer.norm, block(layer.block, first, memory, mask))
    equal(layer, inputs, masks, expected)


def test_without_other_inputs_attention_adds_nothing():
    layer, inputs, _ = built(fusion.CrossAttention(**SMALL))
    presence = np.array([[True, False, False]] * 2)
    x = linear(layer.projections[0], inputs[0])
    hidden = gelu(linear(layer.block.feed[0], normal(layer.block.norms[1], x)))
    expected = normal(layer.norm, x + linear(layer.block.feed[1], hidden))
    actual = numpy(layer(inputs, presence=presence))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_mult():
    layer, inputs, masks = built(fusion.MulT(**SMALL, depth=2, self_depth=1))
    steps = []
    for x, mask, conv in zip(inputs, masks, layer.convolutions):
        x = np.pad(x * mask[:, :, None], ((0, 0), (1, 1), (0, 0)))
        taps = numpy(conv.kernel)
        x = sum(x[:, t : t + len(mask[0])] @ taps[t] for t in range(3))
        steps.append(x + sine_positions(x))
    ends = []
    for i, x in enumerate(steps):
        parts = []
        for j, other in enumerate(steps):
            if i != j:
                y = x
                for part in layer.cross_blocks[f"cross_{i}_{j}"]:
                    y = block(part, y, other, masks[j])
                parts.append(y)
        y = np.concatenate(parts, -1)
        y = normal(layer.norms[i], block(layer.own[i][0], y, y, masks[i]))
        ends.append(y[np.arange(2), masks[i].sum(1) - 1])
    equal(layer, inputs, masks, np.concatenate(ends, -1))


def test_bottleneck():
    layer, inputs, masks = built(fusion.Bottleneck(**SMALL, tokens=2))
    ones = np.ones((2, 1), bool)
    steps = []
    for i, x in enumerate(inputs):
        x = linear(layer.projections[i], x)
        token = np.tile(numpy(layer.classes[i])[None], (2, 1, 1))
        x = np.concatenate([token, x + sine_positions(x)], 1)
        mask = np.concatenate([ones, masks[i]], 1)
        steps.append(block(layer.unimodal_blocks[i][0], x, x, mask))
    tokens = np.tile(numpy(layer.bottleneck)[None], (2, 1, 1))
    for depth in range(2):
        outputs = []
        for i, x in enumerate(steps):
            x = np.concatenate([x, tokens], 1)
            mask = np.concatenate([ones, masks[i], ones, ones], 1)
            x = block(layer.shared[i][depth], x, x, mask)
            steps[i] = x[:, :-2]
            outputs.append(x[:, -2:])
        tokens = np.mean(outputs, 0)
    expected = np.mean([normal(layer.norm, x[:, 0]) for x in steps], 0)
    equal(layer, inputs, masks, expected)


def test_perceiver():
    layer, inputs, masks = built(fusion.Perceiver(**SMALL, latents=3))
    steps = list(map(linear, layer.projections, inputs))
    memory = np.concatenate([x + sine_positions(x) for x in steps], 1)
    mask = np.concatenate(masks, 1)
    z = np.tile(numpy(layer.start)[None], (2, 1, 1))
    for cross, own in zip(layer.cross_blocks, layer.self_blocks):
        z = block(cross, z, memory, mask)
        z = block(own, z, z, np.ones((2, 3), bool))
    equal(layer, inputs, masks, normal(layer.norm, z).mean(1))


@pytest.mark.parametrize(
    "cls",
    [fusion.CrossAttention, fusion.MulT, fusion.Bottleneck, fusion.Perceiver],
)
def test_what_cannot_be_is_refused(cls):
    with pytest.raises(ValueError, match="`heads` must divide"):
        cls(dim=6, heads=4)
    with pytest.raises(ValueError, match=r"Reshape\(\(1, dim\)\)"):
        cls(**SMALL)([np.zeros((2, 5)), np.zeros((2, 3))])


@pytest.mark.slow
def test_order_matters_with_positions():
    for cls in (fusion.MulT, fusion.Bottleneck, fusion.Perceiver):
        layer, inputs, _ = built(cls(**SMALL))
        turned = [inputs[0][:, ::-1], *inputs[1:]]
        difference = numpy(layer(inputs)) - numpy(layer(turned))
        assert np.abs(difference).max() > 1e-3
