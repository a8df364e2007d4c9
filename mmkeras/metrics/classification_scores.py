"""All metrics of a classifier."""

import numpy as np

from mmkeras.metrics import classification
from mmkeras.metrics import regression


def classification_scores(labels, predicted, kind="single"):
    """Computes all metrics of predictions.

    Args:
        labels: As the codec encodes them: integers `(n,)` for `"single"`, -1
            for a label outside the classes; 0 and 1 `(n, classes)` for
            `"multi"`; floats `(n,)` for `"number"`; word ids `(n, length)` for
            `"text"`.
        predicted: Probabilities `(n, classes)`; or numbers `(n, 1)`; or word
            ids `(n, length)`.
        kind: str. Kind of the label codec.

    Returns:
        Dict of metrics. For `"single"`: accuracy, macro, micro and weighted F1,
        calibration error and Brier score. For `"multi"`: the F1s, and the
        accuracy of whole sets of labels. For `"number"`: the mean absolute
        error, the correlation, and the metrics of sentiment. For `"text"`: the
        accuracy of whole answers.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if kind == "text":
        whole = np.all(labels == predicted, axis=1)
        return {"accuracy": float(np.mean(whole))}
    if kind == "number":
        predicted = predicted.reshape(-1)
        return {
            "mae": regression.mean_absolute_error(labels, predicted),
            "correlation": regression.correlation(labels, predicted),
            **regression.sentiment_scores(labels, predicted),
        }
    if kind == "multi":
        true, positive = labels > 0.5, predicted > 0.5
        whole = float(np.mean(np.all(true == positive, axis=1)))
        return {"accuracy": whole, **_f1s(true, positive)}
    one_hot = np.eye(predicted.shape[1] + 1, predicted.shape[1], dtype=bool)
    classes = predicted.argmax(axis=1)
    return {
        "accuracy": classification.accuracy(labels, classes),
        **_f1s(one_hot[labels], one_hot[classes]),
        "calibration_error": classification.calibration_error(
            labels, predicted
        ),
        "brier": classification.brier(labels, predicted),
    }


def _f1s(true, predicted):
    return {
        f"f1_{average}": classification.f1(true, predicted, average)
        for average in ("macro", "micro", "weighted")
    }
