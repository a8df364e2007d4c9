"""Logistic regression, where it is more accurate than a ridge regression."""

import dataclasses

import numpy as np

from mmkeras.training import ridge

DECAYS = 10.0 ** np.arange(3.5, -1, -0.5)  # The grid, from the largest.
_FOLDS = 3
_STEPS = 20  # For each weight decay, beginning with the weights of the last.


@dataclasses.dataclass(frozen=True)
class Logistic:
    """A linear model of logits.

    Attributes:
        weights: Array `(features, classes)`.
        bias: Array `(classes,)`.
        decay: The weight decay: the sum of cross-entropies plus half of
            `decay` times the sum of squared weights is minimal.
        accuracy: Of predictions for each fold by a model fitted without it.
        folds: Number of folds.
    """

    weights: np.ndarray
    bias: np.ndarray
    decay: float
    accuracy: float
    folds: int


def fit(x, y, ridge_decay, groups=None):
    """Fits a logistic regression if it pays.

    Its weight decay is that of the grid `DECAYS` with the highest accuracy in
    a cross-validation.

    Args:
        x: Array `(n, features)`, standardised.
        y: One-hot classes `(n, classes)`.
        ridge_decay: float. Weight decay of the ridge regression that it is
            compared with, on the same folds.
        groups: As of `ridge.fit`.

    Returns:
        A `Logistic`; `None` if its accuracy is not more than a standard error
        higher.
    """
    x, y = np.float64(x), np.float64(y)
    folds = ridge.assign_folds(y.argmax(1), groups, 0) % _FOLDS
    correct = np.zeros(1 + len(DECAYS))
    for fold in np.unique(folds):
        is_fold = folds == fold
        if is_fold.all():
            return None
        models = _path(x[~is_fold], y[~is_fold], ridge_decay)
        for i, (weights, bias) in enumerate(models):
            classes = (x[is_fold] @ weights + bias).argmax(1)
            correct[i] += np.sum(classes == y[is_fold].argmax(1))
    of_ridge, *accuracies = correct / len(y)
    best = int(np.argmax(accuracies))
    error = np.sqrt(of_ridge * (1 - of_ridge) / len(y))
    if accuracies[best] <= of_ridge + error:
        return None
    weights, bias = _path(x, y, ridge_decay)[1 + best]
    decay, accuracy = float(DECAYS[best]), float(accuracies[best])
    return Logistic(weights, bias, decay, accuracy, len(np.unique(folds)))


def _path(x, y, ridge_decay):
    """Weights and biases: those of the ridge regression, then of `DECAYS`.

    Each step minimises a quadratic function that the loss never exceeds.

    Reference:
        [Boehning, 1992](https://doi.org/10.1007/BF00048682)
    """
    center, mean = x.mean(0), y.mean(0)
    left, values, right = ridge.decompose(x - center)
    root = np.sqrt(values)
    shrunk = (root / (values + ridge_decay))[:, None] * (left.T @ (y - mean))
    models, x = [(shrunk, mean)], left * root
    weights, bias = np.zeros((x.shape[1], y.shape[1])), np.log(mean + 1e-9)
    for decay in DECAYS:
        bound = (values / 2 + decay)[:, None]
        for _ in range(_STEPS):
            errors = y - _softmax(x @ weights + bias)
            weights = weights + (x.T @ errors - decay * weights) / bound
            bias = bias + 2 * errors.mean(0)
        models.append((weights, bias))
    return [(right @ w, b - center @ (right @ w)) for w, b in models]


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)
