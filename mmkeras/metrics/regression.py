"""Regression metrics; sentiment metrics as in the papers on MOSI."""

import numpy as np

from mmkeras.metrics.classification import f1


def mean_absolute_error(true, predicted):
    """Computes the mean of |true - predicted|, both of shape `(n,)`."""
    return float(np.mean(np.abs(np.asarray(true) - np.asarray(predicted))))


def correlation(true, predicted):
    """Computes Pearson's correlation; 0 where one of the two is constant."""
    true, predicted = np.asarray(true, float), np.asarray(predicted, float)
    if len(true) < 2 or not true.std() or not predicted.std():
        return 0.0
    return float(np.corrcoef(true, predicted)[0, 1])


def sentiment_scores(true, predicted):
    """Computes metrics of sentiment in [-3, 3], as in the papers on MOSI.

    Args:
        true: Floats of shape `(n,)`.
        predicted: Floats of shape `(n,)`.

    Returns:
        Dict of `"acc_7"` and `"acc_5"`, both sides clipped to [-3, 3] or
        [-2, 2] and rounded half to even; `"acc_2_has0"`, negative against the
        rest; `"acc_2_non0"`, negative against positive, examples of a true 0
        left out; and `"f1_has0"`, `"f1_non0"`, weighted.

    Reference:
        [Tsai et al., 2019](https://arxiv.org/abs/1906.00295)
    """
    true, predicted = np.asarray(true, float), np.asarray(predicted, float)
    nonzero = true != 0
    has0, non0 = (
        (true >= 0, predicted >= 0),
        (true[nonzero] > 0, predicted[nonzero] > 0),
    )
    return {
        "acc_7": _rounded_accuracy(true, predicted, 3),
        "acc_5": _rounded_accuracy(true, predicted, 2),
        "acc_2_has0": _mean(has0[0] == has0[1]),
        "acc_2_non0": _mean(non0[0] == non0[1]),
        "f1_has0": f1(*map(_both, has0), "weighted"),
        "f1_non0": f1(*map(_both, non0), "weighted"),
    }


def _rounded_accuracy(true, predicted, limit):
    true, predicted = (
        np.round(np.clip(x, -limit, limit)) for x in (true, predicted)
    )
    return _mean(true == predicted)


def _mean(right):
    return float(np.mean(right)) if len(right) else 0.0


def _both(flags):
    return np.stack([~flags, flags], axis=1)
