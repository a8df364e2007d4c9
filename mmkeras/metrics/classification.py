"""Metrics of classification with one or several labels."""

import numpy as np

_ROWS = 1024  # Per step: with thousands of classes, more would fill memory.


def accuracy(labels, predicted):
    """Computes the share of examples that are predicted correctly.

    Args:
        labels: Integers of shape `(n,)`.
        predicted: Integers of shape `(n,)`.
    """
    return float(np.mean(np.asarray(labels) == np.asarray(predicted)))


def confusion(labels, predicted, num_classes):
    """Counts examples by class (row) and prediction (column).

    Args:
        labels: Integers of shape `(n,)`; -1, none of the classes, is not
            counted.
        predicted: Integers of shape `(n,)`.
        num_classes: int.

    Returns:
        Integers of shape `(num_classes, num_classes)`.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    pairs = (labels * num_classes + predicted)[labels >= 0]
    counts = np.bincount(pairs, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def f1(true, predicted, average="macro"):
    """F1: the harmonic mean of precision and recall.

        F1 = 2 TP / (2 TP + FP + FN)

    and 0 for a class that is neither a label nor predicted.

    Args:
        true: Booleans of shape `(n, num_classes)`, of one label or of several.
        predicted: Booleans of the same shape.
        average: `"macro"`, the mean of the classes; `"weighted"`, weighted by
            the number of examples of each; `"micro"`, over all decisions; or
            `None` for each class.

    Returns:
        float, or an array of shape `(num_classes,)`.
    """
    true, predicted = np.asarray(true, bool), np.asarray(predicted, bool)
    axis = None if average == "micro" else 0
    right = np.sum(true & predicted, axis=axis)
    wrong = np.sum(true ^ predicted, axis=axis)
    each = 2 * right / np.maximum(2 * right + wrong, 1)
    if average == "weighted":
        weights = true.sum(axis=0)
        return float(np.sum(each * weights) / max(weights.sum(), 1))
    if average is None:
        return each
    return float(np.mean(each))


def calibration_error(labels, probabilities, bins=15):
    """Expected calibration error: how far confidence is from accuracy.

        ECE = sum over bins b of |b| / n * |accuracy(b) - confidence(b)|

    with bins of equal width over the probability of the most likely class.

    Args:
        labels: Integers of shape `(n,)`.
        probabilities: Floats of shape `(n, num_classes)`.
        bins: int.

    Reference:
        [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
    """
    probabilities = np.asarray(probabilities)
    confidence = probabilities.max(axis=1).astype("float64")
    right = probabilities.argmax(axis=1) == np.asarray(labels)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / max(len(right), 1))


def brier(labels, probabilities):
    """Brier score: the squared distance of probabilities from the truth.

    Args:
        labels: Integers of shape `(n,)`, -1 for none of the classes.
        probabilities: Floats of shape `(n, num_classes)`.

    Returns:
        Mean over examples of the sum over classes, from 0 to 2.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    num_classes = probabilities.shape[1]
    truth = np.eye(num_classes + 1, num_classes)
    errors = np.zeros(len(labels))
    for i in range(0, len(labels), _ROWS):
        part = slice(i, i + _ROWS)
        gaps = np.asarray(probabilities[part], "float64") - truth[labels[part]]
        errors[part] = np.sum(gaps**2, axis=1)
    return float(np.mean(errors))
