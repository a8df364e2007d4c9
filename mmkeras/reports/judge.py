"""What a judge of several modalities is worth."""

import numpy as np

from mmkeras.metrics import judgement_scores
from mmkeras.reports.subsets import all_subsets

_METRIC = {"single": "accuracy", "multi": "f1_micro", "number": "acc_2_non0"}


def judge(task, examples, seed=0):
    """Measures a judge, and what each modality gives to it.

    Args:
        task: A `tasks.Classify`.
        examples: A `mmkeras.training.examples.Examples`.
        seed: int. Draws the exchanges of mismatched pairs.

    Returns:
        Tuple of figures, a dict: those of `task.score`, of the most frequent
        label as `majority`, and for each of several modalities
        `mismatch_<name>`: the score lost when its values are exchanged among
        the examples; and a `Subsets`.
    """
    kind = task.codecs["label"].kind
    metric, labels = _METRIC[kind], examples.labels

    def score(only=None, instead=None):
        logits = examples.logits(task, only, instead=instead)
        return task.score(labels, examples.chances(task, logits))

    figures = score()
    nothing = judgement_scores(labels, _majority(labels, kind, task), kind)
    figures["majority"] = nothing[metric]
    subsets = all_subsets(
        lambda names: score(names)[metric], task.fields, nothing[metric], metric
    )
    order = np.random.default_rng(seed).permutation(len(examples))
    for field in task.fields if len(task.fields) > 1 else ():
        lost = figures[metric] - score(instead={field: order})[metric]
        figures[f"mismatch_{field}"] = lost
    return figures, subsets


def _majority(labels, kind, task):
    """What one says who knows the labels' frequencies and nothing else."""
    if kind == "number":
        return np.full((len(labels), 1), np.median(labels))
    if kind == "multi":
        return np.tile(labels.mean(0), (len(labels), 1))
    shares = np.bincount(labels, minlength=task.codecs["label"].size)
    return np.tile(shares / len(labels), (len(labels), 1))
