"""Evaluates a task on the examples of a split."""

import itertools

import numpy as np

from mmkeras import metrics
from mmkeras.evaluation import bootstrap
from mmkeras.evaluation.mismatch import mismatched
from mmkeras.evaluation.mismatch import shuffle_gap
from mmkeras.evaluation.subsets import scored_subsets


def evaluate(examples, draws=200, seed=0, outputs=None, generate=None):
    """Evaluates a task and the contribution of each modality.

    Args:
        examples: A `mmkeras.training.examples.Examples`. Those for which the
            model's output is not finite are left out and listed in `bad`.
        draws: int. Bootstrap samples for the intervals.
        seed: int. Seed of these, and of mismatched pairs.
        outputs: As of `examples.remove_not_finite`, if predicted already.
        generate: For models that generate text: dict of options of
            `mmkeras.generation.SequenceGenerator`.

    Returns:
        Tuple of metrics and a `Subsets`. The metrics are a dict: those of
        `Task.score` and `Task.extra_scores`; of each headline metric the
        interval, `<metric>_low` and `<metric>_high`; the score of a baseline
        that ignores the inputs, `majority`, the most frequent label, or, of
        embeddings, `chance`; for several modalities, or texts that
        should differ, the drops of `mismatched`, `mismatch_<field>`; and for
        these texts the `shuffle_gap`. If there are several headline metrics,
        the names of baselines and drops begin with the metric, such as
        `cider_majority`.
    """
    task, options = examples.task, generate or {}
    if outputs is None:
        outputs = examples.remove_not_finite(examples.outputs(**options))
    predictions = examples.predictions(outputs)
    fields = task.modalities
    choices = _choices(examples, predictions, options)
    scores, of_all = task.scores_and_statistics(
        examples, outputs, choices[fields]
    )
    statistics = {
        names: of_all
        if names == fields
        else task.statistics(examples.rows, examples.labels, values)
        for names, values in choices.items()
    }
    groups = _groups(examples, len(statistics[()]))
    subsets = scored_subsets(
        np.arange(len(statistics[()])),  # Statistics include the labels.
        statistics,
        fields,
        lambda _, sample: task.headline_scores(sample)[task.metric],
        task.metric,
        groups,
        draws,
        seed=seed,
    )
    subsets.choices = choices
    baseline = task.headline_scores(statistics[()])
    scores |= _intervals(task, statistics[fields], groups, draws, seed)
    scores |= _named(task.target.baseline, baseline)
    scores |= task.extra_scores(examples, outputs, predictions)
    drops = _drops(examples, choices[fields], options, seed)
    for kind, values in drops.items():
        scores |= _named(kind, dict(zip(baseline, values.tolist())))
    if _compares_texts(examples):
        scores["shuffle_gap"] = shuffle_gap(examples)
    return scores, subsets


def _groups(examples, count):
    """Group of each of `count` units that are scored; `None` without groups.

    A unit of several examples, such as an image with captions, has the group
    of the first one.
    """
    groups = examples.groups
    if groups is None or len(groups) == count:
        return groups
    _, first = np.unique(examples.task.units(examples.rows), return_index=True)
    return [groups[i] for i in first] if len(first) == count else None


def _choices(examples, predictions, options):
    """Predictions from every subset of modalities; from none, a baseline."""
    target, labels = examples.task.target, examples.labels
    fields = examples.task.modalities
    choices = {
        (): target.majority(labels, len(labels)),
        fields: target.choose(predictions),
    }
    for count in range(1, len(fields)):
        for names in itertools.combinations(fields, count):
            choices[names] = examples.choices(names, **options)
    return choices


def _intervals(task, statistics, groups, draws, seed):
    """Intervals of the headline metrics."""
    samples = bootstrap.scores(
        lambda _, sample: [*task.headline_scores(sample).values()],
        *(np.arange(len(statistics)), {"": statistics}, groups, draws, seed),
    )
    intervals = {}
    for name, values in zip(task.headline_scores(statistics), samples[""].T):
        low, high = bootstrap.interval(values)
        intervals |= {f"{name}_low": low, f"{name}_high": high}
    return intervals


def _drops(examples, choices, options, seed):
    """Drops of the headline metrics with inputs of other examples.

    A model of one input is not run again: its predictions are permuted.
    """
    task, rows, labels = examples.task, examples.rows, examples.labels
    units, compares_texts = task.units(rows), _compares_texts(examples)
    _, first = np.unique(units, return_index=True)
    if len(task.modalities) == 1 and not compares_texts:
        return {}

    def score(permutations):
        sources = {f: first[order[units]] for f, order in permutations.items()}
        predicted = choices
        if sources and len(task.fields) == 1:
            predicted = choices[sources[task.fields[0]]]
        elif sources:
            predicted = examples.choices(permutations=sources, **options)
        statistics = task.statistics(rows, labels, predicted)
        scores = task.headline_scores(statistics)
        return np.array([_signed(*pair) for pair in scores.items()])

    has_classes = len(labels) == len(rows) and task.target.has_accuracy
    within = labels if has_classes and not compares_texts else None
    return mismatched(
        score, task.fields, len(first), within, repeats=3, seed=seed
    )


def _signed(name, score):
    """A score such that higher is better."""
    return -score if metrics.lower_is_better(name) else score


def _compares_texts(examples):
    """Whether there are several texts, which should differ."""
    several = np.any(examples.task.units(examples.rows))
    return examples.task.texts_differ and bool(several)


def _named(kind, scores):
    """Names scores by their kind and, if there are several, their metric."""
    if len(scores) == 1:
        return {kind: float(*scores.values())}
    return {f"{name}_{kind}": value for name, value in scores.items()}
