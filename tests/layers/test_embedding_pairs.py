import math

import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy
from keras import ops

from mmkeras import layers

RNG = np.random.default_rng(0)
SIDES = [RNG.normal(size=(3, 4)).astype("float32") for _ in range(2)]


def cosines():
    first, second = (x / np.linalg.norm(x, axis=1)[:, None] for x in SIDES)
    return first @ second.T


@pytest.mark.parametrize("loss", ["contrastive", "sigmoid"])
def test_products_are_scaled_cosines(loss):
    bias = loss == "sigmoid"
    pairs = numpy(layers.EmbeddingPairs(loss, scale=5.0)(SIDES))
    assert pairs.shape == (3, 2, 4 + bias)
    logits = pairs[:, 0] @ pairs[:, 1].T
    expected = 5 * cosines() - (10 if bias else 0)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


THREE = [*SIDES, RNG.normal(size=(3, 4)).astype("float32")]
PRESENCE = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]], bool)


@pytest.mark.parametrize("loss", ["contrastive", "sigmoid", "triplet"])
@pytest.mark.parametrize("i, j", [(0, 1), (0, 2), (1, 2)])
def test_of_three_any_two_have_a_product(loss, i, j):
    scale, bias = (1, 0) if loss == "triplet" else (5, 0)
    bias = -10 if loss == "sigmoid" else bias
    embeddings = numpy(layers.EmbeddingPairs(loss, scale=scale)(THREE))
    assert embeddings.shape == (3, 3, 4 + 3 * bool(bias))
    logits = embeddings[:, i] @ embeddings[:, j].T
    first, second = (
        x / np.linalg.norm(x, axis=1)[:, None] for x in (THREE[i], THREE[j])
    )
    expected = scale * first @ second.T + bias
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["contrastive", "sigmoid"])
def test_what_is_missing_is_zeros_whatever_it_holds(loss):
    layer = layers.EmbeddingPairs(loss)
    expected = numpy(layer(THREE, presence=ops.convert_to_tensor(PRESENCE)))
    assert (expected.any(axis=-1) == PRESENCE).all()
    whole = numpy(layer(THREE))
    np.testing.assert_array_equal(expected[PRESENCE], whole[PRESENCE])
    other = [
        np.where(mask[:, None], x, np.float32(np.nan))
        for x, mask in zip(THREE, PRESENCE.T)
    ]
    actual = numpy(layer(other, presence=ops.convert_to_tensor(PRESENCE)))
    np.testing.assert_array_equal(actual, expected)


def three_towers(loss="sigmoid"):
    """A model whose towers can be trained, with an optional presence."""
    fields = ("image", "text", "audio")
    inputs = {field: keras.Input((4,), name=field) for field in fields}
    inputs["presence"] = layers.presence_input(3)
    towers = [
        keras.layers.Dense(4, use_bias=False, name=f"{field}_dense")(
            inputs[field]
        )
        for field in fields
    ]
    pairs = layers.EmbeddingPairs(loss, name="embeddings")
    outputs = pairs(towers, presence=inputs["presence"])
    return layers.MultimodalModel(inputs, outputs, name="three")


def test_zeros_in_place_of_what_is_missing_have_a_finite_gradient():
    model = three_towers()
    model.compile(
        keras.optimizers.SGD(0.1), lambda y, x: ops.mean(x**2, (1, 2))
    )
    x = dict(zip(("image", "text", "audio"), THREE))
    x = {k: v * PRESENCE[:, i, None] for i, (k, v) in enumerate(x.items())}
    model.train_on_batch({**x, "presence": PRESENCE}, np.zeros(3))
    assert all(np.isfinite(numpy(weight)).all() for weight in model.weights)


def test_three_towers_are_saved():
    x = dict(zip(("image", "text", "audio"), THREE))
    check_saves(three_towers(), {**x, "presence": PRESENCE})


def test_the_similarity_of_three_is_the_mean_over_those_present():
    layer = layers.EmbeddingPairs("sigmoid")
    pairs = layer(THREE, presence=ops.convert_to_tensor(PRESENCE))
    image, text, audio = (x / np.linalg.norm(x, axis=1)[:, None] for x in THREE)
    sides = [(image, text), (image, audio), (text, audio)]
    cosines = np.stack([(u * v).sum(1) for u, v in sides], axis=1)
    expected = [cosines[0].mean(), cosines[1, 1], cosines[2, 2]]
    actual = numpy(layer.cosine(pairs))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


def test_one_embedding_is_refused():
    with pytest.raises(ValueError, match="at least two embeddings"):
        layers.EmbeddingPairs()(SIDES[:1])


def test_config_shape_and_file():
    layer = layers.EmbeddingPairs("sigmoid", scale=3.0, name="pairs")
    check_config(layer)
    assert layer.compute_output_shape([(7, 4), (7, 4)]) == (7, 2, 5)
    inputs = [keras.Input((4,), name=name) for name in ("image", "text")]
    check_saves(keras.Model(inputs, layer(inputs), name="match"), SIDES)


def test_the_scale_stays_at_most_100():
    x = keras.Input((4,), name="image")
    layer = layers.EmbeddingPairs(scale=99.0, name="pairs")
    model = keras.Model(x, layer([x, x]), name="match")
    # The larger the products, the better.
    model.compile(
        keras.optimizers.SGD(10.0),
        lambda y, pairs: -keras.ops.sum(pairs[:, 0] * pairs[:, 1], axis=-1),
    )
    model.fit(SIDES[0], np.zeros(3), epochs=2, verbose=0)
    [scale] = [w for w in layer.weights if w.name == "log_scale"]
    assert float(numpy(scale)) == pytest.approx(math.log(100))


def test_products_are_float32_in_mixed_precision():
    layer = layers.EmbeddingPairs(dtype="mixed_bfloat16")
    pairs = layer([x.astype("float16") for x in SIDES])
    assert keras.backend.standardize_dtype(pairs.dtype) == "float32"


@pytest.mark.parametrize("loss", ["triplet", "semi-hard"])
def test_triplets_compare_cosines(loss):
    layer = layers.EmbeddingPairs(loss)
    pairs = numpy(layer(SIDES))
    logits = pairs[:, 0] @ pairs[:, 1].T
    np.testing.assert_allclose(logits, cosines(), rtol=1e-4, atol=1e-5)
    assert not layer.trainable_weights


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="contrastive, sigmoid, triplet"):
        layers.EmbeddingPairs("mse")


@pytest.mark.parametrize("scale", [0, -1.0, 101.0])
def test_other_scales_are_refused(scale):
    with pytest.raises(ValueError, match=r"in \(0, 100\]"):
        layers.EmbeddingPairs(scale=scale)


def expected_penalties(x, bank, t):
    x, bank = (v / np.linalg.norm(v, axis=1)[:, None] for v in (x, bank))
    return t * np.log(np.exp(x @ bank.T / t).mean(1))


@pytest.mark.parametrize("loss", ["contrastive", "sigmoid", "triplet"])
def test_a_querybank_costs_items_what_they_are_close_to(loss):
    layer = layers.EmbeddingPairs(loss, querybank=6)
    plain = numpy(layers.EmbeddingPairs(loss)(THREE))
    before = numpy(layer(THREE))
    bias = 3 * (loss == "sigmoid")
    assert before.shape == (3, 3, 4 + bias + 6)
    assert layer.compute_output_shape([(3, 4)] * 3) == before.shape
    bank = [RNG.normal(size=(n, 4)).astype("float32") for n in (6, 4, 9)]
    layer.fill(bank)
    bank = [np.resize(x, (6, 4)) for x in bank]
    after = numpy(layer(THREE))
    hidden = numpy(layer(THREE, training=True))
    scale = float(numpy(layer.current_scale))
    t = 0.1 if loss == "triplet" else 2 / scale
    for i, j in ((0, 1), (0, 2), (1, 2)):
        products = plain[:, i] @ plain[:, j].T
        for same in (before, hidden):
            np.testing.assert_allclose(
                same[:, i] @ same[:, j].T, products, rtol=1e-4, atol=1e-5
            )
        first = expected_penalties(THREE[i], bank[j], t)
        second = expected_penalties(THREE[j], bank[i], t)
        expected = products - scale * (first[:, None] + second)
        np.testing.assert_allclose(
            after[:, i] @ after[:, j].T, expected, rtol=1e-3, atol=5e-3
        )
        np.testing.assert_allclose(
            numpy(layer.penalties(of_length_1(THREE[i]), j)),
            first,
            rtol=1e-3,
            atol=1e-3,
        )
    cosines = numpy(layers.EmbeddingPairs(loss).cosine(plain))
    np.testing.assert_allclose(numpy(layer.cosine(after)), cosines, atol=1e-5)


def of_length_1(x):
    return ops.convert_to_tensor(x / np.linalg.norm(x, axis=1)[:, None])


def test_a_querybank_is_saved_and_what_is_missing_stays_zeros():
    check_config(layers.EmbeddingPairs(querybank=5))
    inputs = [keras.Input((4,), name=name) for name in ("image", "text")]
    layer = layers.EmbeddingPairs(querybank=5)
    model = keras.Model(inputs, layer(inputs), name="match")
    layer.fill(SIDES)
    check_saves(model, SIDES)
    layer = layers.EmbeddingPairs(querybank=5)
    layer.build([(3, 4)] * 3)
    layer.fill(THREE)
    pairs = numpy(layer(THREE, presence=ops.convert_to_tensor(PRESENCE)))
    assert (pairs.any(axis=-1) == PRESENCE).all()


def test_a_negative_querybank_is_refused():
    with pytest.raises(ValueError, match="at least 0. Received: querybank=-1"):
        layers.EmbeddingPairs(querybank=-1)
