"""Compares trainings with and without pretrained branches."""

import dataclasses

import numpy as np

from mmkeras.evaluation import formats

# Of Student's t distribution, 97.5 %, with 1 to 9 degrees of freedom.
_QUANTILES = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
LEVEL = 0.95


@dataclasses.dataclass
class Transfer:
    """Scores of a model with and without pretrained branches.

    Attributes:
        metric: Name of the score; higher is better.
        fractions: Tuple of shares of the training rows, in rising order.
        rows: Tuple of the numbers of rows, one per share.
        without: Floats of shape `(fractions, seeds)`.
        pretrained: Floats of the same shape, of trainings with the same rows
            and the same seeds.
        about: Dict of texts: what is trained `"without"`, and `"pretrained"`.
    """

    metric: str
    fractions: tuple
    rows: tuple
    without: np.ndarray
    pretrained: np.ndarray
    about: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        self.without = np.asarray(self.without, float)
        self.pretrained = np.asarray(self.pretrained, float)

    @property
    def gains(self):
        """Triples of the mean gain of pretraining and its interval.

        One per share; `(gain, nan, nan)` of a single seed. See `interval`.
        """
        return [interval(x) for x in self.pretrained - self.without]

    @property
    def equivalents(self):
        """Shares at which pretraining replaces more training rows.

        Returns:
            Dict from a share to the largest one whose mean without
            pretraining is at most its own mean with pretraining.
        """
        means = self.without.mean(axis=1), self.pretrained.mean(axis=1)
        replaced = {}
        for i, own in enumerate(self.fractions):
            others = [
                other
                for j, other in enumerate(self.fractions)
                if j > i and means[1][i] >= means[0][j]
            ]
            if others:
                replaced[own] = others[-1]
        return replaced

    @property
    def summary(self):
        """Sentences on the gain at each share, and on what follows."""
        lines = [
            self._sentence(*row) for row in zip(self.fractions, self.gains)
        ]
        if not any(low > 0 for _, low, _ in self.gains):
            lines.append(
                "Pretraining does not gain significantly at any share of the "
                "training rows."
            )
        for own, other in self.equivalents.items():
            lines.append(
                f"With pretraining, {percent(own)} of the training rows are "
                f"on average at least as good as {percent(other)} without."
            )
        return "\n".join(lines)

    def to_json(self):
        """Returns a dict for JSON."""
        values = dataclasses.asdict(self)
        values |= {k: values[k].tolist() for k in ("without", "pretrained")}
        gains = [[None if np.isnan(x) else x for x in g] for g in self.gains]
        return {**values, "gains": gains, "summary": self.summary}

    def _sentence(self, fraction, gain):
        value, low, high = (formats.number(self.metric, x, "+") for x in gain)
        unit = "points of " * (formats.factor(self.metric) == 100)
        metric = self.metric.replace("_", " ")
        start = f"At {percent(fraction)} of the training rows, pretraining"
        change = f"{value} {unit}{metric}"
        if np.isnan(gain[1]):
            return (
                f"{start} changes the score by {change} (one seed: no "
                "interval)."
            )
        verb = "does not gain significantly"
        if gain[1] > 0:
            verb = "gains"
        elif gain[2] < 0:
            verb = "hurts"
        bounds = f"({100 * LEVEL:.0f} % interval {low} to {high})"
        return f"{start} {verb}: {change} {bounds}."


def interval(differences):
    """The mean of paired differences, with its interval.

        mean -+ t s / sqrt(n)

    with s their standard deviation, and t the quantile of Student's t
    distribution with n - 1 degrees of freedom. It covers what varies between
    trainings with other seeds and rows, not the choice of the examples that
    are scored, which are the same for all.

    Args:
        differences: Floats of shape `(n,)`.

    Returns:
        Tuple of three floats: the mean, and the bounds, `nan` if n is 1.
    """
    values = np.asarray(differences, float)
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return mean, np.nan, np.nan
    quantile = _QUANTILES[min(count - 2, len(_QUANTILES) - 1)]
    half = float(quantile * values.std(ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half


def percent(fraction):
    """Writes a share in percent."""
    return f"{100 * fraction:g} %"
