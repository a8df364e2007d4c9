"""Scores of every subset of modalities, and the contribution of each one."""

import dataclasses
import itertools
import math

from mmkeras.evaluation import bootstrap


@dataclasses.dataclass
class Subsets:
    """A score for every subset of modalities.

    Attributes:
        metric: Name of the score; higher is better.
        scores: Dict from subsets, tuples of names in order, to scores. The
            score of the empty one is that of the most frequent label.
        contributions: Dict from a name to its Shapley value. Their sum is the
            score of all modalities minus that of the empty subset.
        intervals: Dict from a name to the bootstrap interval `(low, high)` of
            its Shapley value; may be empty.
        choices: Dict from subsets to the predictions that were scored, as of
            `Examples.choices`; may be empty.
    """

    metric: str
    scores: dict
    contributions: dict
    intervals: dict = dataclasses.field(default_factory=dict)
    choices: dict = dataclasses.field(default_factory=dict, repr=False)

    def figures(self):
        """Dict of metrics: `"subset_image+text"`, `"worth_image"`, ..."""
        metrics = {f"subset_{'+'.join(s)}": v for s, v in self.scores.items()}
        metrics |= {
            f"worth_{name}": v for name, v in self.contributions.items()
        }
        for name, (low, high) in self.intervals.items():
            metrics |= {f"worth_{name}_low": low, f"worth_{name}_high": high}
        return metrics


def scored_subsets(
    labels,
    predicted,
    fields,
    score,
    metric="accuracy",
    groups=None,
    draws=1000,
    level=0.95,
    seed=0,
):
    """Scores predictions from every subset, with intervals of Shapley values.

    Args:
        labels: Array of n labels.
        predicted: Dict from every subset, a tuple of names in the order of
            `fields`, including the empty one, to n predictions.
        fields: Names of the modalities.
        score: Function of labels and predictions to a number.
        metric: Name of the score.
        groups: As of `bootstrap.resampled`.
        draws: int. Number of bootstrap samples.
        level: float in (0, 1). Share of the samples within an interval.
        seed: int.

    Returns:
        A `Subsets`.
    """
    subsets = all_subsets(
        lambda names: score(labels, predicted[names]),
        fields,
        score(labels, predicted[()]),
        metric,
    )
    samples = bootstrap.scores(score, labels, predicted, groups, draws, seed)
    contributions = shapley(samples, fields)
    subsets.intervals = {
        field: bootstrap.interval(values, level)
        for field, values in contributions.items()
    }
    return subsets


def all_subsets(score, fields, nothing, metric="accuracy"):
    """Scores every subset of modalities, the others absent.

    Args:
        score: Function from a tuple of some of `fields`, in their order, to
            a number.
        fields: Names of the modalities.
        nothing: The score of the empty subset.
        metric: Name of the score.

    Returns:
        A `Subsets`.
    """
    scores = {(): float(nothing)}
    for count in range(1, len(fields) + 1):
        for names in itertools.combinations(fields, count):
            scores[names] = float(score(names))
    return Subsets(metric, scores, shapley(scores, fields))


def shapley(scores, fields):
    """Computes the Shapley value of each modality, exactly.

        value(i) = sum over S without i of
                   |S|! (n - |S| - 1)! / n! (score(S + i) - score(S))

    Args:
        scores: Dict from every subset, a tuple of names in the order of
            `fields`, to its score, or an array of scores.
        fields: Names of the n modalities.

    Returns:
        Dict from a name to its Shapley value.

    Reference:
        [Shapley, 1953](https://doi.org/10.1515/9781400881970-018)
    """
    count = len(fields)
    values = {}
    for field in fields:
        others = [name for name in fields if name != field]
        total = 0.0
        for size in range(count):
            share = 1 / (count * math.comb(count - 1, size))
            for names in itertools.combinations(others, size):
                joined = tuple(f for f in fields if f in {*names, field})
                total += share * (scores[joined] - scores[names])
        values[field] = total
    return values
