"""Losses of pairs, beside their formulas in NumPy."""

import math

import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import layers
from mmkeras import losses

RNG = np.random.default_rng(0)
PAIRS = RNG.normal(size=(5, 2, 4)).astype("float32")
ALONE = np.arange(5)
GROUPS = np.array([0, 0, 1, 2, 1])  # Two groups of two.
LOSSES = {
    "contrastive": losses.contrastive_loss,
    "sigmoid": losses.sigmoid_loss,
    "triplet": losses.triplet_loss,
    "semi-hard": lambda pairs, groups: losses.triplet_loss(
        pairs, groups, 0.5, "semi-hard"
    ),
}


def products(pairs=PAIRS):
    return pairs[:, 0].astype("float64") @ pairs[:, 1].T


def negatives(i, groups):
    return [j for j in range(len(groups)) if groups[j] != groups[i]]


@pytest.mark.parametrize("groups", [ALONE, GROUPS])
def test_contrastive_equals_the_formula(groups):
    z, expected = products(), []
    for i in range(5):
        others = negatives(i, groups)
        rows = [math.exp(z[i, j]) for j in others]
        columns = [math.exp(z[j, i]) for j in others]
        own = math.exp(z[i, i])
        parts = [-math.log(own / (own + sum(x))) for x in (rows, columns)]
        expected.append(sum(parts) / 2)
    actual = numpy(losses.contrastive_loss(PAIRS, groups))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


@pytest.mark.parametrize("groups", [ALONE, GROUPS])
def test_sigmoid_equals_the_formula(groups):
    z = products()

    def cost(x):
        return -math.log(1 / (1 + math.exp(-x)))

    expected = [
        cost(z[i, i]) + sum(cost(-z[i, j]) for j in negatives(i, groups))
        for i in range(5)
    ]
    actual = numpy(losses.sigmoid_loss(PAIRS, groups))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


@pytest.mark.parametrize("groups", [ALONE, GROUPS])
@pytest.mark.parametrize("kind", ["hardest", "semi-hard"])
def test_triplet_equals_the_formula(groups, kind):
    z, expected = products(), []
    for i in range(5):
        loss = 0
        for values in (
            [z[i, j] for j in negatives(i, groups)],
            [z[j, i] for j in negatives(i, groups)],
        ):
            chosen = max(values)
            if kind == "semi-hard":
                below = [x for x in values if x < z[i, i]]
                chosen = max(below) if below else min(values)
            loss += max(0, 0.5 + chosen - z[i, i])
        expected.append(loss)
    actual = numpy(losses.triplet_loss(PAIRS, groups, 0.5, kind))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_examples_of_a_group_are_no_negatives(name):
    """Two columns: captions of an image, and equal captions."""
    columns = np.array([[0, 5], [0, 6], [1, 7], [2, 7], [3, 8]])
    both = numpy(LOSSES[name](PAIRS, columns))
    joined = [negatives_of_both(i, columns) for i in range(5)]
    for i, others in enumerate(joined):
        keep = [i, *others]
        # Only example i counts: its negatives may be anything to each other.
        alone = LOSSES[name](PAIRS[keep], np.arange(len(keep)))
        np.testing.assert_allclose(both[i], numpy(alone)[0], rtol=1e-5)


def negatives_of_both(i, columns):
    return [j for j in range(5) if not (columns[i] == columns[j]).any()]


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_of_one_group_has_a_finite_gradient_of_zero(name):
    model = keras.Sequential([keras.Input((2, 4)), keras.layers.Dense(4)])
    model.compile(keras.optimizers.SGD(1.0), lambda y, x: LOSSES[name](x, y))
    before = [numpy(weight) for weight in model.weights]
    model.train_on_batch(PAIRS, np.zeros(5, int))
    for old, weight in zip(before, model.weights):
        assert np.isfinite(numpy(weight)).all()
        if name != "sigmoid":  # Pairs alone tell it something.
            np.testing.assert_array_equal(old, numpy(weight))


PRESENCE = np.array(
    [[1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]], bool
)


@pytest.mark.parametrize("groups", [ALONE, GROUPS])
@pytest.mark.parametrize("name", LOSSES)
def test_of_three_modalities_each_two_have_the_loss_of_those_with_both(
    name, groups
):
    three = RNG.normal(size=(5, 3, 4)) * PRESENCE[:, :, None]
    three = three.astype("float32")
    expected = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        rows = np.flatnonzero(PRESENCE[:, i] & PRESENCE[:, j])
        pairs = three[rows][:, [i, j]]
        expected.append(numpy(LOSSES[name](pairs, groups[rows])).mean())
    actual = numpy(LOSSES[name](three, groups)).mean()
    np.testing.assert_allclose(actual, np.mean(expected), rtol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_two_modalities_that_never_meet_have_no_loss(name):
    three = RNG.normal(size=(5, 3, 4)).astype("float32")
    three[:, 2] = 0
    np.testing.assert_allclose(
        numpy(LOSSES[name](three, ALONE)),
        numpy(LOSSES[name](three[:, :2], ALONE)),
        rtol=1e-5,
    )


def test_a_batch_that_tells_nothing_apart_costs_its_logarithm():
    same = np.ones((64, 2, 3), "float32")
    loss = numpy(losses.contrastive_loss(same, np.arange(64)))
    np.testing.assert_allclose(loss, math.log(64), rtol=1e-6)


@pytest.mark.parametrize(
    "loss, options",
    [
        (losses.ContrastiveLoss, {}),
        (losses.SigmoidLoss, {}),
        (losses.TripletLoss, {"margin": 0.4, "negatives": "semi-hard"}),
    ],
)
def test_keras_losses_are_the_mean(loss, options):
    function = {
        losses.ContrastiveLoss: losses.contrastive_loss,
        losses.SigmoidLoss: losses.sigmoid_loss,
        losses.TripletLoss: losses.triplet_loss,
    }[loss]
    expected = numpy(function(PAIRS, GROUPS, *options.values())).mean()
    ours = loss(**options)
    again = keras.losses.deserialize(keras.losses.serialize(ours))
    for one in (ours, again):
        np.testing.assert_allclose(
            numpy(one(GROUPS, PAIRS)), expected, rtol=1e-5
        )


@pytest.mark.parametrize(
    "options, message",
    [({"margin": 0}, "margin=0"), ({"negatives": "any"}, "hardest, semi-hard")],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        losses.triplet_loss(PAIRS, ALONE, **options)


@pytest.mark.parametrize("name", ["ContrastiveLoss", "SigmoidLoss"])
def test_two_branches_learn_to_match(name):
    inputs = {
        "image": keras.Input((6,), name="image"),
        "text": keras.Input((6,), name="text"),
    }
    sides = [
        keras.layers.Dense(8, name=f"{k}_in")(x) for k, x in inputs.items()
    ]
    loss = name.removesuffix("Loss").lower()
    pairs = layers.EmbeddingPairs(loss, name="pairs")
    model = keras.Model(inputs, pairs(sides), name="match")
    model.compile(keras.optimizers.Adam(0.05), getattr(losses, name)())
    hidden = RNG.normal(size=(32, 6)).astype("float32")
    turned = hidden @ np.linalg.qr(RNG.normal(size=(6, 6)))[0]
    x = {"image": hidden, "text": turned.astype("float32")}
    model.fit(x, np.arange(32), batch_size=32, epochs=60, verbose=0)
    found = numpy(model(x))
    nearest = (found[:, 0] @ found[:, 1].T).argmax(axis=1)
    assert (nearest == np.arange(32)).mean() > 0.9
