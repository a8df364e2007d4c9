"""Evaluates classifiers of several modalities."""

import itertools

import numpy as np

from mmkeras import metrics
from mmkeras.evaluation import baselines
from mmkeras.evaluation.mismatch import mismatched
from mmkeras.evaluation.questions import questions
from mmkeras.evaluation.subsets import judged_subsets

_ANSWERS = ("single", "text")


def evaluate(task, examples, draws=200, seed=0):
    """Evaluates a classifier and the contribution of each modality.

    Args:
        task: A `tasks.Classify`.
        examples: A `mmkeras.training.examples.Examples`. Those of which the
            model's output is not finite are left out of it, by name.
        draws: int. Of the bootstrap of what each modality is worth.
        seed: int. Draws these, and the exchanges of mismatched pairs.

    Returns:
        Tuple of figures, a dict: those of `task.score`, of the most frequent
        label as `majority`, of questions those of `questions`, of candidates
        those of `metrics.ranking_scores`, and of several modalities those of
        `mismatched`; and a `Subsets`.
    """
    name, score = baselines.headline_metric(task), baselines.scorer(task)
    logits = examples.leave_out_not_finite(examples.logits(task))
    labels, fields = examples.labels, tuple(task.fields)
    chances = examples.chances(task, logits)
    predicted = {
        (): baselines.majority(task, labels),
        fields: task.codecs["label"].chosen(chances),
    }
    for count in range(1, len(fields)):
        for names in itertools.combinations(fields, count):
            predicted[names] = examples.judgements(task, names)
    found = judged_subsets(
        labels,
        predicted,
        fields,
        score,
        name,
        examples.groups,
        draws,
        seed=seed,
    )
    figures = task.score(labels, chances)
    figures["majority"] = found.scores[()]
    if "question" in fields and task.codecs["label"].kind in _ANSWERS:
        figures |= questions(task, examples, chances)
    if "candidates" in fields:
        figures |= metrics.ranking_scores(
            logits, labels, _relevance(examples.rows, logits)
        )
    if len(fields) > 1:
        of_class = task.codecs["label"].kind != "number"
        plain = len(labels) == len(examples) and of_class
        figures |= mismatched(
            lambda instead: score(
                labels, examples.judgements(task, instead=instead)
            ),
            fields,
            len(examples),
            labels if plain else None,
            repeats=3,
            seed=seed,
        )
    return figures, found


def _relevance(rows, scores):
    """Relevance of the candidates, zeros where unknown; or `None`."""
    found = np.zeros_like(scores)
    for row, values in zip(rows, found):
        known = row.get("relevance") or []
        values[: len(known)] = known
    return found if found.any() else None
