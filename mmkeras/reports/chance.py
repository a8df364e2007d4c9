"""What a judge is measured by, and what chance alone scores."""

import numpy as np

from mmkeras.metrics import classification
from mmkeras.metrics.regression import sentiment_scores

_METRIC = {
    "single": "accuracy",
    "multi": "f1_micro",
    "number": "acc_2_non0",
    "text": "accuracy",
}


def metric(task):
    """Name of the score by which a judge is compared with others."""
    return _METRIC[task.codecs["label"].kind]


def scorer(task):
    """The function of labels and judgements that gives `metric` alone.

    Judgements are of classes their numbers, else as `task.score` takes them.
    """
    kind, name = task.codecs["label"].kind, metric(task)
    if kind == "single":
        return lambda y, said: float(np.mean(y == said))
    if kind == "text":
        return lambda y, said: float(np.mean(np.all(y == said, axis=1)))
    if kind == "multi":
        return lambda y, said: classification.f1(y > 0.5, said > 0.5, "micro")
    return lambda y, said: sentiment_scores(y, said.reshape(-1))[name]


def constant(task, labels, count=None):
    """What one says who knows the labels' frequencies and nothing else.

    Args:
        task: A `tasks.Classify`.
        labels: Labels to count, as `task.score` takes them.
        count: int. How many judgements to give; as many as labels by default.

    Returns:
        Array as `scorer` takes it; of numbers it is their median, of answers
        in words the commonest.
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


def guessed(task, labels, count, seed=0):
    """What one says who draws labels as often as they occur.

    Args:
        task: A `tasks.Classify`.
        labels: Labels to draw from, as `task.score` takes them.
        count: int. How many to draw.
        seed: int.

    Returns:
        Array as of `constant`.
    """
    labels = np.asarray(labels)
    drawn = labels[np.random.default_rng(seed).integers(0, len(labels), count)]
    kind = task.codecs["label"].kind
    if kind == "single":
        return np.maximum(drawn, 0)  # Nobody says none of the classes.
    return drawn[:, None] if kind == "number" else drawn
