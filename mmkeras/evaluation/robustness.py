"""Scores of a model whose inputs are corrupted."""

import dataclasses

import numpy as np

from mmkeras.data import corruptions
from mmkeras.metrics import lower_is_better

SEVERITIES = range(6)


@dataclasses.dataclass
class Robustness:
    """Scores of a model by modality, corruption and severity.

    Attributes:
        metric: Name of the score; higher is better, unless it is an error,
            see `metrics.lower_is_better`.
        curves: Dict from `"<field>: <corruption>"` to a list of scores: that
            of the clean examples, then those of severities 1 to 5.
    """

    metric: str
    curves: dict

    @property
    def relative(self):
        """Dict from a curve to its area, as a fraction of that of a flat one.

        R = trapezoid(f(0), ..., f(5)) / (5 f(0))

        and 1 / R of an error: 1 if corruption changes nothing, and less if it
        does harm.
        """
        return {k: self._relative(curve) for k, curve in self.curves.items()}

    def effective(self, baseline):
        """Computes how much less is lost than by a baseline.

            E = mean over severities s of (f(s) - f(0)) - (g(s) - g(0))

        and -E of an error.

        Losses are relative to each model's clean score, since a better model
        can lose more.

        Args:
            baseline: A `Robustness` of the same examples, e.g. that of late
                fusion.

        Returns:
            Dict from the curves that both have to E; above 0, this model is
            the more robust one.
        """
        shared = [name for name in self.curves if name in baseline.curves]
        return {
            name: self._loss(baseline.curves[name])
            - self._loss(self.curves[name])
            for name in shared
        }

    def to_json(self):
        """Returns a dict for JSON."""
        return {**dataclasses.asdict(self), "relative": self.relative}

    def _relative(self, curve):
        area, flat = float(np.trapezoid(curve)), float(5 * curve[0])
        if lower_is_better(self.metric):
            return flat / area if area else 1.0
        return area / flat if flat else 0.0

    def _loss(self, curve):
        """How much worse the scores of corrupted examples are, on average."""
        drop = float(curve[0] - np.mean(curve[1:]))
        return -drop if lower_is_better(self.metric) else drop


def robustness(score, rows, kinds, metric="accuracy", seed=0, progress=None):
    """Corrupts one modality at a time with increasing severity.

    Args:
        score: Function of rows to a number.
        rows: Rows of a data set.
        kinds: Dict from a field to its kind, `"image"`, `"text"`, `"audio"`,
            `"features"` or `"tabular"`; see `corruptible`.
        metric: Name of the score; see `Robustness`.
        seed: int.
        progress: Function of the number of scores computed, and in total.

    Returns:
        A `Robustness`.

    References:
        The corruptions: [Hendrycks and Dietterich,
        2019](https://arxiv.org/abs/1903.12261). Several modalities, and the
        two measures: [Liang et al.,
        2021](https://arxiv.org/abs/2107.07502)
    """
    pairs = [
        (field, name)
        for field, kind in kinds.items()
        for name in corruptions.names(kind)
    ]
    clean, curves = score(rows), {}
    total = len(pairs) * (len(SEVERITIES) - 1)
    for i, (field, name) in enumerate(pairs):
        curve = [clean]
        for severity in SEVERITIES[1:]:
            corrupted = _corrupt(
                rows, field, kinds[field], name, severity, seed
            )
            curve.append(score(corrupted))
            if progress:
                progress(i * (len(SEVERITIES) - 1) + severity, total)
        curves[f"{field}: {name}"] = curve
    return Robustness(metric, curves)


def corruptible(task):
    """Finds the fields of a task whose kind has corruptions.

    Args:
        task: A `tasks.Task`.

    Returns:
        Dict from fields to their kinds, as for `robustness`.

    Raises:
        ValueError: If there is none, as for videos.
    """
    kinds = {field: task.codecs[field].kind for field in task.fields}
    kinds = {k: "text" if v == "dialogue" else v for k, v in kinds.items()}
    chosen = {k: v for k, v in kinds.items() if v in corruptions.KINDS}
    if not chosen:
        raise ValueError(
            f"There are corruptions of {', '.join(corruptions.KINDS)}. "
            f"Received: a task of {', '.join(kinds.values())}"
        )
    return chosen


def _corrupt(rows, field, kind, name, severity, seed):
    """Corrupts one field of rows; the same draw for each severity.

    Values that cannot be read stay as they are: their rows are left out when
    they are encoded.
    """
    corrupted = []
    for i, row in enumerate(rows):
        rng = np.random.default_rng([seed, i])
        value = row.get(field)
        try:
            value = corruptions.corrupt(value, kind, name, severity, rng)
        except ValueError:
            pass
        corrupted.append({**row, field: value})
    return corrupted
