"""Compares a multimodal model with models of one modality."""

import dataclasses

import numpy as np

from mmkeras.evaluation import bootstrap
from mmkeras.evaluation import formats


@dataclasses.dataclass
class FusionGain:
    """Scores of several models, and the gain of fusion over each of them.

    Attributes:
        metric: Name of the score; higher is better.
        multimodal: Name of the model of several modalities.
        unimodal: Names of the models of one modality each.
        scores: Dict from a model's name to `(score, low, high)`.
        gains: Dict from the name of every other model to `(gain, low,
            high)`: the multimodal score minus the score of that model.
        level: float. Share of the bootstrap samples between low and high.
    """

    metric: str
    multimodal: str
    unimodal: tuple
    scores: dict
    gains: dict
    level: float = 0.95

    @property
    def best(self):
        """Name of the best model of one modality."""
        return max(self.unimodal, key=lambda name: self.scores[name][0])

    @property
    def is_significant(self):
        """Whether the interval of every gain is above 0."""
        return all(self.gains[name][1] > 0 for name in self.unimodal)

    @property
    def summary(self):
        """One sentence on the gain and its interval."""
        gain, low, high = (
            formats.number(self.metric, value, "+")
            for value in self.gains[self.best]
        )
        interval = f"({100 * self.level:.0f} % interval {low} to {high})"
        metric = self.metric.replace("_", " ")
        unit = "points of " * (formats.factor(self.metric) == 100)
        change = f"{gain} {unit}{metric}"
        if self.is_significant:
            return f"Fusion helps: {change} over {self.best} alone {interval}."
        if self.gains[self.best][2] < 0:
            return (
                f"Fusion hurts: {change} compared with {self.best} alone "
                f"{interval}."
            )
        return (
            f"Fusion does not help significantly: {change} over {self.best} "
            f"alone {interval}."
        )

    def to_json(self):
        """Returns a dict for JSON."""
        return {**dataclasses.asdict(self), "summary": self.summary}


def fusion_gain(
    labels,
    predicted,
    multimodal,
    unimodal,
    score,
    metric="accuracy",
    groups=None,
    draws=1000,
    level=0.95,
    seed=0,
):
    """Compares models on the same examples by a paired bootstrap.

    Each resample draws whole groups with replacement, the same ones for all
    models. Intervals are percentiles over the resamples.

    Args:
        labels: Array of n labels.
        predicted: Dict from a model's name to an array of n predictions, as
            `score` takes them.
        multimodal: Name of the model of several modalities.
        unimodal: Names of the models of one modality each.
        score: Function of labels and predictions to a number; higher is
            better.
        metric: Name of the score.
        groups: As of `bootstrap.resampled`.
        draws: int.
        level: float in (0, 1).
        seed: int.

    Returns:
        A `FusionGain`.

    Raises:
        ValueError: If a model is missing, or has not predicted all examples.
    """
    missing = sorted({multimodal, *unimodal} - set(predicted))
    if missing or not unimodal:
        raise ValueError(
            "Expected predictions of the multimodal model and of at least one "
            f"unimodal model. Received: {sorted(predicted)}; missing: {missing}"
        )
    labels = np.asarray(labels)
    for name, choices in predicted.items():
        if len(choices) != len(labels):
            raise ValueError(
                f"Expected {len(labels)} predictions of {name!r}, one per "
                f"example. Received: {len(choices)}"
            )
    samples = bootstrap.scores(score, labels, predicted, groups, draws, seed)
    values = {name: score(labels, p) for name, p in predicted.items()}

    def interval(value, samples):
        return float(value), *bootstrap.interval(samples, level)

    scores = {name: interval(values[name], samples[name]) for name in predicted}
    gains = {
        name: interval(
            values[multimodal] - values[name],
            samples[multimodal] - samples[name],
        )
        for name in predicted
        if name != multimodal
    }
    return FusionGain(metric, multimodal, tuple(unimodal), scores, gains, level)
