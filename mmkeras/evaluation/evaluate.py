"""Evaluates tasks of several modalities."""

import itertools

import numpy as np

from mmkeras import metrics
from mmkeras.evaluation.mismatch import mismatched
from mmkeras.evaluation.questions import questions
from mmkeras.evaluation.subsets import scored_subsets


def evaluate(examples, draws=200, seed=0, **options):
    """Evaluates a task and the contribution of each modality.

    Args:
        examples: A `mmkeras.training.examples.Examples`. Those for which the
            model's output is not finite are left out of it, by name.
        draws: int. Bootstrap samples for the intervals of contributions.
        seed: int. Seed of these, and of mismatched pairs.
        **options: For models that generate text: of
            `mmkeras.generation.SequenceGenerator`.

    Returns:
        Tuple of metrics, a dict: those of the task, of the most frequent
        label as `majority`, of questions those of `questions`, of candidates
        those of `metrics.ranking_scores`, and of several modalities those of
        `mismatched`; and a `Subsets`.
    """
    task, target = examples.task, examples.task.target
    outputs = examples.outputs(**options)
    if not target.generates:
        outputs = examples.leave_out_not_finite(outputs)
    labels, fields = examples.labels, tuple(task.fields)
    predictions = examples.predictions(outputs)
    predicted = {
        (): target.majority(labels, len(labels)),
        fields: target.choose(predictions),
    }
    for count in range(1, len(fields)):
        for names in itertools.combinations(fields, count):
            predicted[names] = examples.chosen(names, **options)
    found = scored_subsets(
        labels,
        predicted,
        fields,
        target.agreement,
        target.metric,
        examples.groups,
        draws,
        seed=seed,
    )
    scores = task.score(examples, outputs)
    scores["majority"] = found.scores[()]
    if "question" in fields and target.has_accuracy:
        scores |= questions(examples, predictions)
    if "candidates" in fields:
        scores |= metrics.ranking_scores(
            outputs, labels, _relevance(examples.rows, outputs)
        )
    if len(fields) > 1:
        plain = len(labels) == len(examples) and target.has_accuracy
        scores |= mismatched(
            lambda replaced: target.agreement(
                labels,
                examples.chosen(replaced=replaced, **options)
                if replaced
                else predicted[fields],
            ),
            fields,
            len(examples),
            labels if plain else None,
            repeats=3,
            seed=seed,
        )
    return scores, found


def _relevance(rows, scores):
    """Relevance of the candidates, zeros where unknown; or `None`."""
    found = np.zeros_like(scores)
    for row, values in zip(rows, found):
        known = row.get("relevance") or []
        values[: len(known)] = known
    return found if found.any() else None
