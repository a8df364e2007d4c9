"""How a judge bears what goes wrong with its inputs."""

import dataclasses

import numpy as np

from mmkeras.data import corruptions

SEVERITIES = range(6)


@dataclasses.dataclass
class Robustness:
    """Scores of a judge by modality, corruption and severity.

    Attributes:
        metric: Name of the score; higher is better.
        curves: Dict from `"<field>: <corruption>"` to a list of scores, of
            the clean examples first, then of severities 1 to 5.
    """

    metric: str
    curves: dict

    @property
    def relative(self):
        """Dict from a curve to the area under it, in parts of a flat one.

        R = trapezoid(f(0), ..., f(5)) / (5 f(0))
        """
        return {
            name: float(np.trapezoid(y) / (5 * y[0])) if y[0] else 0.0
            for name, y in self.curves.items()
        }

    def effective(self, baseline):
        """What is lost less than by a baseline, such as one's late fusion.

            E = mean over severities s of (f(s) - f(0)) - (g(s) - g(0))

        Both are brought to the same start, as a better judge has farther to
        fall.

        Args:
            baseline: A `Robustness` of the same examples.

        Returns:
            Dict from the curves that both have to E; above 0, the judge is
            the more robust.
        """
        shared = [name for name in self.curves if name in baseline.curves]
        return {
            name: _lost(baseline.curves[name]) - _lost(self.curves[name])
            for name in shared
        }

    def to_json(self):
        """The report as a dict that JSON can hold."""
        return {**dataclasses.asdict(self), "relative": self.relative}


def robustness(score, rows, kinds, metric="accuracy", seed=0, progress=None):
    """Corrupts one modality at a time, ever more.

    Args:
        score: Function of rows to a number; higher is better.
        rows: Rows of a data set, raw.
        kinds: Dict from a field to its kind, `"image"`, `"text"`, `"audio"`
            or `"features"`; see `corruptible`.
        metric: Name of the score.
        seed: int.
        progress: Function of the scores found and in all.

    Returns:
        A `Robustness`.

    References:
        The corruptions: [Hendrycks and Dietterich,
        2019](https://arxiv.org/abs/1903.12261); of several modalities, and
        the two measures: [Liang et al.,
        2021](https://arxiv.org/abs/2107.07502)
    """
    asked = [
        (field, name)
        for field, kind in kinds.items()
        for name in corruptions.names(kind)
    ]
    clean, curves = score(rows), {}
    total = len(asked) * (len(SEVERITIES) - 1)
    for i, (field, name) in enumerate(asked):
        curve = [clean]
        for severity in SEVERITIES[1:]:
            worse = _corrupted(rows, field, kinds[field], name, severity, seed)
            curve.append(score(worse))
            if progress:
                progress(i * (len(SEVERITIES) - 1) + severity, total)
        curves[f"{field}: {name}"] = curve
    return Robustness(metric, curves)


def corruptible(task):
    """Dict from each field of a task to what it is, as for `robustness`."""
    kinds = {field: task.codecs[field].kind for field in task.fields}
    return {k: "text" if v == "dialogue" else v for k, v in kinds.items()}


def _corrupted(rows, field, kind, name, severity, seed):
    """Rows with one field worse; the same draw for each severity.

    What cannot be read stays as it is, to be left out with its row.
    """
    worse = []
    for i, row in enumerate(rows):
        draw = np.random.default_rng([seed, i])
        value = row.get(field)
        try:
            value = corruptions.corrupt(value, kind, name, severity, draw)
        except ValueError:
            pass
        worse.append({**row, field: value})
    return worse


def _lost(curve):
    return float(curve[0] - np.mean(curve[1:]))
