import numpy as np
import pytest

from mmkeras.training import ridge


def data(count=40, features=60, seed=0):
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 4
    means = rng.normal(size=(4, features))
    x = means[classes] + rng.normal(0, 4, (count, features))
    return x, np.eye(4)[classes]


def by_hand(x, y, decay):
    """Weights and bias of a ridge regression, by the normal equations."""
    center, mean = x.mean(0), y.mean(0)
    a = (x - center).T @ (x - center) + decay * np.eye(x.shape[1])
    weights = np.linalg.solve(a, (x - center).T @ (y - mean))
    return weights, mean - center @ weights


@pytest.mark.parametrize("features", [7, 60])
def test_weights_and_held_out_predictions_are_those_of_separate_fits(features):
    x, y = data(features=features)
    fit = ridge.fit(x, y)
    weights, bias = by_hand(x, y, fit.decay)
    np.testing.assert_allclose(fit.weights, weights, atol=1e-8)
    np.testing.assert_allclose(fit.bias, bias, atol=1e-8)
    folds = ridge.assign_folds(y.argmax(1), None, 0)
    assert fit.folds == folds.max() + 1 == ridge.FOLDS
    for fold in range(fit.folds):
        is_fold = folds == fold
        weights, bias = by_hand(x[~is_fold], y[~is_fold], fit.decay)
        expected = x[is_fold] @ weights + bias
        np.testing.assert_allclose(
            fit.predictions[0][is_fold], expected, atol=1e-6
        )
    wrong = fit.predictions.argmax(-1) != y.argmax(-1)
    assert fit.loss == pytest.approx(wrong.mean())


def test_noise_is_shrunk_more_than_a_signal():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 30))
    signal = x[:, :1]
    noise = rng.normal(size=(60, 1))
    decays = [ridge.fit(x, y, is_class=False).decay for y in (signal, noise)]
    assert decays[0] < 1 < 100 < decays[1]


def test_a_group_is_in_one_fold_and_classes_are_in_all():
    classes = np.arange(60) % 3
    groups = [f"speaker {i // 5}" for i in range(60)]
    folds = ridge.assign_folds(classes, groups, 0).reshape(12, 5)
    assert (folds == folds[:, :1]).all() and len(np.unique(folds)) == 10
    for fold in range(10):
        members = classes[ridge.assign_folds(classes, None, 0) == fold]
        assert np.bincount(members, minlength=3).tolist() == [2, 2, 2]


def test_few_examples_and_one_group_can_be_fitted():
    x, y = data(3)
    assert np.isfinite(ridge.fit(x, y).weights).all()
    assert np.isfinite(ridge.fit(x, y, groups=["a"] * 3).weights).all()


def test_the_scale_makes_probabilities():
    rng = np.random.default_rng(0)
    y = np.eye(2)[rng.integers(0, 2, 1000)]
    certain, noisy = 0.5 + 0.4 * (y - 0.5), 0.5 + rng.normal(0, 0.4, y.shape)
    assert ridge.scale(certain[None], y) == ridge._SCALES[-1]
    assert ridge.scale(noisy[None], y) == ridge._SCALES[0]


def test_an_example_of_weight_two_counts_as_two():
    x, y = data(30)
    weight = np.where(np.arange(30) < 10, 2.0, 1.0)
    folds = ridge.assign_folds(y.argmax(1), None, 0)
    twice = np.repeat(np.arange(30), weight.astype(int))
    root = np.sqrt(weight)[:, None]
    predictions = []
    for rows, scale in ((np.arange(30), root), (twice, np.ones((40, 1)))):
        center = np.average(x, 0, weight)
        left, values, _ = ridge.decompose(scale * (x[rows] - center))
        predictions.append(
            ridge._fold_predictions(
                left, values / (values + 3), y[rows], scale, folds[rows]
            )
        )
    np.testing.assert_allclose(predictions[0][twice], predictions[1])
    fits = ridge.fit(x, y, weight=weight), ridge.fit(x[twice], y[twice])
    if fits[0].decay == fits[1].decay:
        np.testing.assert_allclose(fits[0].weights, fits[1].weights)
