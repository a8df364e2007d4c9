"""Headline metrics, and baselines that ignore the inputs."""

import numpy as np

from mmkeras.metrics import classification
from mmkeras.metrics.regression import sentiment_scores

_METRIC = {
    "single": "accuracy",
    "multi": "f1_micro",
    "number": "acc_2_non0",
    "text": "accuracy",
}


def headline_metric(task):
    """Returns the name of the metric by which models are compared."""
    return _METRIC[task.codecs["label"].kind]


def scorer(task):
    """Returns a function of labels and predictions: the `headline_metric`.

    Predictions of classes are their indices, others as `task.score` takes
    them.
    """
    kind, name = task.codecs["label"].kind, headline_metric(task)
    if kind == "single":
        return lambda y, said: float(np.mean(y == said))
    if kind == "text":
        return lambda y, said: float(np.mean(np.all(y == said, axis=1)))
    if kind == "multi":
        return lambda y, said: classification.f1(y > 0.5, said > 0.5, "micro")
    return lambda y, said: sentiment_scores(y, said.reshape(-1))[name]


def majority(task, labels, count=None):
    """Predicts the most frequent label for every example.

    Args:
        task: A `tasks.Classify`.
        labels: Labels to count, as `task.score` takes them.
        count: int. Number of predictions; as many as labels by default.

    Returns:
        Array as `scorer` takes it: the median of numbers, the means of
        several labels, the most frequent class or text.
    """
    labels, count = np.asarray(labels), count or len(labels)
    kind = task.codecs["label"].kind
    if kind == "number":
        return np.full((count, 1), np.median(labels))
    if kind == "multi":
        return np.tile(labels.mean(0), (count, 1))
    if kind == "text":
        answers, many = np.unique(labels, axis=0, return_counts=True)
        return np.tile(answers[many.argmax()], (count, 1))
    known = labels[labels >= 0]  # -1 is none of the classes.
    return np.full(count, np.bincount(known, minlength=1).argmax())


def prior(task, labels, count, seed=0):
    """Samples predictions from the distribution of the labels.

    Args:
        task: A `tasks.Classify`.
        labels: Labels to sample from, as `task.score` takes them.
        count: int. Number of predictions.
        seed: int.

    Returns:
        Array as of `majority`.
    """
    labels = np.asarray(labels)
    drawn = labels[np.random.default_rng(seed).integers(0, len(labels), count)]
    kind = task.codecs["label"].kind
    if kind == "single":
        return np.maximum(
            drawn, 0
        )  # -1, none of the classes, is never predicted.
    return drawn[:, None] if kind == "number" else drawn
