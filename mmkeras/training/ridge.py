"""Ridge regression whose weight decay is chosen by cross-validation."""

import dataclasses

import numpy as np

DECAYS = 10.0 ** np.arange(-2, 5.5, 0.5)  # The grid; see `Ridge.decay`.
FOLDS, REPEATS = 10, 3
_MAX_FOLD = 250  # Rows: larger folds make slow systems of equations.
_SCALES = 2.0 ** np.arange(0, 7.5, 0.5)


@dataclasses.dataclass(frozen=True)
class Ridge:
    """A linear model, and how it does on examples that it was not fitted to.

    Attributes:
        weights: Array `(features, outputs)`.
        bias: Array `(outputs,)`.
        decay: The weight decay: the sum of squared errors plus `decay` times
            the sum of squared weights is minimal.
        predictions: Array `(repeats, n, outputs)`: of each cross-validation,
            those for each example of a model that was fitted without its
            fold.
        loss: Share of wrong classes among them, or mean squared error.
        folds: Number of folds.
    """

    weights: np.ndarray
    bias: np.ndarray
    decay: float
    predictions: np.ndarray
    loss: float
    folds: int


def fit(x, y, groups=None, is_class=True, weight=None):
    """Fits a ridge regression.

    Of the grid `DECAYS`, the weight decay with the most accurate predictions,
    or the lowest squared error, in several cross-validations is chosen. All
    of them follow from one decomposition of all examples: with the smoother
    matrix H of the predictions H y, a model that is fitted without fold G
    makes the errors (I - H_GG)^-1 (y - H y)_G.

    Args:
        x: Array `(n, features)`, standardised.
        y: Array `(n, outputs)`: one-hot classes, or numbers.
        groups: A value per example; examples of the same are in one fold.
            `None` for none.
        is_class: bool. Whether `y` is one-hot classes.
        weight: Weights of the examples, of mean 1; `None` for 1.

    Returns:
        A `Ridge`.
    """
    x, y = np.float64(x), np.float64(y)
    weight = np.ones(len(y)) if weight is None else np.float64(weight)
    center, mean = (np.average(z, 0, weight) for z in (x, y))
    root = np.sqrt(weight)[:, None]
    left, values, right = decompose(root * (x - center))
    strata = y.argmax(1) if is_class else np.zeros(len(y), int)
    runs = [assign_folds(strata, groups, seed) for seed in range(REPEATS)]
    count = max(folds.max() + 1 for folds in runs)
    predictions = [
        np.stack([_fold_predictions(left, s, y, root, f) for f in runs])
        for s in (values / (values + decay) for decay in DECAYS)
    ]
    losses = [_loss(p, y, is_class, weight) for p in predictions]
    best = len(DECAYS) - 1 - int(np.argmin(_smooth(losses)[::-1]))  # Largest.
    shrunk = np.sqrt(values) / (values + DECAYS[best])
    weights = right @ (shrunk[:, None] * (left.T @ (root * (y - mean))))
    return Ridge(
        weights,
        mean - center @ weights,
        float(DECAYS[best]),
        predictions[best],
        float(losses[best]),
        int(count),
    )


def scale(predictions, y, weight=None):
    """Finds the factor that makes probabilities of predicted classes.

    Args:
        predictions: As of `Ridge`.
        y: One-hot classes.
        weight: As of `fit`.

    Returns:
        float: with `scale * predictions` as logits, the cross-entropy is the
        lowest of a grid.
    """
    return float(
        min(_SCALES, key=lambda s: _entropy(s * predictions, y, weight))
    )


def decompose(x):
    """Singular vectors and squared singular values, without those of 0."""
    if len(x) <= x.shape[1]:
        values, left = np.linalg.eigh(x @ x.T)
    else:
        values, right = np.linalg.eigh(x.T @ x)
    is_positive = values > 1e-9 * max(values.max(), 1e-30)
    values = values[is_positive]
    if len(x) <= x.shape[1]:
        left = left[:, is_positive]
        return left, values, x.T @ left / np.sqrt(values)
    right = right[:, is_positive]
    return x @ right / np.sqrt(values), values, right


def assign_folds(strata, groups, seed):
    """Numbers the fold of each example, every class spread over all folds."""
    rng = np.random.default_rng(seed)
    count = min(max(FOLDS, -(-len(strata) // _MAX_FOLD)), len(strata))
    if groups is not None:
        _, groups = np.unique(np.asarray(groups, str), return_inverse=True)
        count = min(count, groups.max() + 1)
        return (rng.permutation(groups.max() + 1) % count)[groups]
    order = rng.permutation(len(strata))
    order = order[np.argsort(strata[order], kind="stable")]
    folds = np.empty(len(strata), int)
    folds[order] = np.arange(len(strata)) % count
    return folds


def _fold_predictions(left, shrinkage, y, root, folds):
    """Predictions for each fold of a model fitted to all others.

    Rows are multiplied by the root of their weight.
    """
    errors = root * (y - np.average(y, 0, root[:, 0] ** 2))
    errors = errors - (left * shrinkage) @ (left.T @ errors)
    predictions = np.empty_like(y)
    for fold in range(folds.max() + 1):
        rows = folds == fold
        part = left[rows]
        smoother = root[rows] * root[rows].T / np.sum(root**2)
        smoother += (part * shrinkage) @ part.T
        remainder = np.eye(len(part)) - smoother
        remainder += 1e-9 * np.eye(len(part))  # One fold of all examples.
        errors_of_fold = np.linalg.solve(remainder, errors[rows])
        predictions[rows] = y[rows] - errors_of_fold / root[rows]
    return predictions


def _loss(predictions, y, is_class, weight):
    if is_class:
        losses = predictions.argmax(-1) != y.argmax(-1)
    else:
        losses = np.mean((predictions - y) ** 2, axis=-1)
    return np.average(losses.mean(0), weights=weight)


def _smooth(losses):
    """Means over neighbours, so that chance decides less often."""
    padded = np.pad(losses, 1, mode="edge")
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3


def _entropy(logits, y, weight):
    logits = logits - logits.max(-1, keepdims=True)
    log_sum = np.log(np.exp(logits).sum(-1))
    entropy = log_sum - (logits * y).sum(-1)
    return np.average(entropy.mean(0), weights=weight)
