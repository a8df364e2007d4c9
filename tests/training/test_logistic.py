import numpy as np

from mmkeras.training import logistic


def skewed(count=300, seed=0):
    """A frequent class between two rare ones: ridge regression masks it."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(3, count)
    x = rng.normal(size=(count, 4))
    x[:, 0] = (classes - 1) * 4 + rng.normal(0, 0.4, count)
    return x, np.eye(3)[classes]


def test_masked_classes_are_separated():
    x, y = skewed()
    fit = logistic.fit(x, y, ridge_decay=1.0)
    accuracy = np.mean((x @ fit.weights + fit.bias).argmax(1) == y.argmax(1))
    assert accuracy > 0.95 and fit.accuracy > 0.95
    assert fit.folds == 3 and fit.decay in logistic.DECAYS


def test_the_gradient_vanishes_at_the_weights():
    x, y = skewed(60)
    weights, bias = logistic._path(x, y, 1.0)[-6]  # Of decay 100.
    decay = logistic.DECAYS[-6]
    probabilities = logistic._softmax(x @ weights + bias)
    gradient = x.T @ (y - probabilities) - decay * weights
    assert np.abs(gradient).max() < 1e-2 * np.abs(decay * weights).max()


def test_ridge_regression_stays_where_it_is_as_accurate():
    rng = np.random.default_rng(0)
    y = np.eye(2)[rng.integers(0, 2, 60)]
    x = y[:, :1] + rng.normal(0, 0.2, (60, 3))
    assert logistic.fit(x, y, ridge_decay=1.0) is None
    assert logistic.fit(x, y, 1.0, groups=["a"] * 60) is None
