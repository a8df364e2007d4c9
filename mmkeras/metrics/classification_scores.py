"""All metrics of a classifier."""

import numpy as np

from mmkeras.metrics import classification
from mmkeras.metrics import regression


def classification_scores(labels, predicted, kind="single"):
    """Computes all metrics of predictions.

    Args:
        labels: As the codec encodes them: integers `(n,)` for `"single"`, -1
            for one that is none of the classes,
            0 and 1 `(n, classes)` for `"multi"`, floats `(n,)` for
            `"number"`, word ids `(n, length)` for `"text"`.
        predicted: Probabilities `(n, classes)`; or numbers `(n, 1)`; or word
            ids `(n, length)`.
        kind: str. Kind of the label codec.

    Returns:
        Dict of figures: accuracy, macro, micro and weighted F1, calibration
        error and Brier score; of several labels the F1s, and accuracy of
        whole sets; of numbers the mean absolute error, the correlation, and
        accuracies as of sentiment; of words the accuracy of whole answers.
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
        true, said = labels > 0.5, predicted > 0.5
        whole = float(np.mean(np.all(true == said, axis=1)))
        return {"accuracy": whole, **_f1s(true, said)}
    one = np.eye(predicted.shape[1] + 1, predicted.shape[1], dtype=bool)
    said = predicted.argmax(axis=1)
    return {
        "accuracy": classification.accuracy(labels, said),
        **_f1s(one[labels], one[said]),
        "calibration_error": classification.calibration_error(
            labels, predicted
        ),
        "brier": classification.brier(labels, predicted),
    }


def _f1s(true, said):
    return {
        f"f1_{average}": classification.f1(true, said, average)
        for average in ("macro", "micro", "weighted")
    }
