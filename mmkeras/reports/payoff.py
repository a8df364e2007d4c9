"""Does fusion pay? Several judges of the same examples, side by side."""

import dataclasses

import numpy as np

from mmkeras.reports import bootstrap


@dataclasses.dataclass
class Payoff:
    """What each judge scores, and what fusion scores above the others.

    Attributes:
        metric: Name of the score; higher is better.
        fused: Name of the judge that fuses.
        rivals: Names of the judges of one modality each.
        scores: Dict from a judge to `(score, low, high)`.
        gains: Dict from every other judge to `(gain, low, high)`: the score
            of fusion above its own.
        level: float. Share of the bootstrap between low and high.
    """

    metric: str
    fused: str
    rivals: tuple
    scores: dict
    gains: dict
    level: float = 0.95

    @property
    def best(self):
        """Name of the best judge of one modality."""
        return max(self.rivals, key=lambda name: self.scores[name][0])

    @property
    def pays(self):
        """Whether fusion is above every judge of one modality, surely."""
        return all(self.gains[name][1] > 0 for name in self.rivals)

    @property
    def verdict(self):
        """One sentence that is true to the intervals."""
        gain, low, high = (100 * x for x in self.gains[self.best])
        interval = (
            f"({100 * self.level:.0f} % interval {low:+.1f} to {high:+.1f})"
        )
        metric = self.metric.replace("_", " ")
        if self.pays:
            return (
                f"Fusion pays: {gain:+.1f} points of {metric} over "
                f"{self.best} alone {interval}."
            )
        if high < 0:
            return (
                f"Fusion harms: {gain:+.1f} points of {metric} against "
                f"{self.best} alone {interval}."
            )
        return (
            f"Fusion is not shown to pay: {gain:+.1f} points of {metric} over "
            f"{self.best} alone {interval}."
        )

    def to_json(self):
        """The report as a dict that JSON can hold."""
        return {**dataclasses.asdict(self), "verdict": self.verdict}


def payoff(
    labels,
    predicted,
    fused,
    rivals,
    score,
    metric="accuracy",
    groups=None,
    draws=1000,
    level=0.95,
    seed=0,
):
    """Compares judges on the same examples, by a paired bootstrap.

    In each draw whole groups are drawn with replacement, the same for all
    judges; the interval of a score, and of a gain, is that of its percentiles
    over the draws.

    Args:
        labels: Array of n labels.
        predicted: Dict from the name of a judge to an array of n judgements,
            as `score` takes them.
        fused: Name of the judge that fuses.
        rivals: Names of the judges of one modality each.
        score: Function of labels and judgements to a number; higher is
            better.
        metric: Name of the score.
        groups: As of `bootstrap.resampled`.
        draws: int.
        level: float in (0, 1).
        seed: int.

    Returns:
        A `Payoff`.

    Raises:
        ValueError: If a judge is missing, or has not judged all examples.
    """
    missing = sorted({fused, *rivals} - set(predicted))
    if missing or not rivals:
        raise ValueError(
            "Expected judgements of the one that fuses and of one rival or "
            f"more. Received: {sorted(predicted)}; missing: {missing}"
        )
    labels = np.asarray(labels)
    for name, judged in predicted.items():
        if len(judged) != len(labels):
            raise ValueError(
                f"{name!r} judged {len(judged)} of {len(labels)} examples."
            )
    values = {name: score(labels, judged) for name, judged in predicted.items()}
    drawn = {name: [] for name in predicted}
    for rows in bootstrap.resampled(len(labels), groups, draws, seed):
        for name, judged in predicted.items():
            drawn[name].append(score(labels[rows], judged[rows]))
    drawn = {name: np.array(found) for name, found in drawn.items()}
    scores = {n: _with(values[n], drawn[n], level) for n in predicted}
    gains = {
        n: _with(values[fused] - values[n], drawn[fused] - drawn[n], level)
        for n in predicted
        if n != fused
    }
    return Payoff(metric, fused, tuple(rivals), scores, gains, level)


def _with(value, drawn, level):
    return float(value), *bootstrap.interval(drawn, level)
