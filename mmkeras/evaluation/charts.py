"""Reports on classifiers as figures."""

import numpy as np

_BLUE, _GREY, _INK = "#3b6ea5", "#c8c8c8", "#222222"


def fusion_gain(found):
    """Draws the score of each model, with its interval.

    Args:
        found: A `mmkeras.evaluation.FusionGain`.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    names = sorted(found.scores, key=lambda name: found.scores[name][0])
    values, lows, highs = 100 * np.array([found.scores[n] for n in names]).T
    figure, axes = _axes(6.4, 0.5 * len(names) + 1.3)
    colours = [_BLUE if name == found.multimodal else _GREY for name in names]
    errors = np.maximum([values - lows, highs - values], 0)
    axes.barh(names, values, xerr=errors, color=colours, ecolor=_INK, capsize=3)
    axes.set_xlabel(f"{_said(found.metric)}, %")
    axes.set_title(found.summary, fontsize=9, loc="left", wrap=True)
    return figure


def subsets(found):
    """Draws the score of every subset of modalities, and contributions.

    Args:
        found: A `mmkeras.evaluation.Subsets`.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    names = [" + ".join(names) or "none" for names in found.scores]
    values = [100 * score for score in found.scores.values()]
    figure, axes = _axes(6.4, 0.4 * len(names) + 1.3)
    axes.barh(names[::-1], values[::-1], color=_BLUE)
    axes.set_xlabel(f"{_said(found.metric)}, %")
    worth = ", ".join(f"{k} {100 * v:+.1f}" for k, v in found.worth.items())
    axes.set_title(f"Contribution in points: {worth}", fontsize=9, loc="left")
    return figure


def confusion(counts, names, most=40):
    """Draws how often each class was judged to be which.

    Args:
        counts: Integers of shape `(classes, classes)`, a row a true class.
        names: List of the classes.
        most: int. Of more classes the counts are not written.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(max(0.5 * len(names) + 2, 4), 16)
    figure, axes = _axes(side, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    for (i, j), count in np.ndenumerate(counts if len(names) <= most else []):
        colour = "white" if shares[i, j] > 0.5 else _INK
        place = {"ha": "center", "va": "center", "fontsize": 8}
        axes.text(j, i, str(count), color=colour, **place)
    return figure


def reliability(labels, probabilities, bins=15):
    """Draws how often a judge is right, by how sure it is.

    Args:
        labels: Integers of shape `(n,)`.
        probabilities: Floats of shape `(n, classes)`.
        bins: int. Bins of equal width over the largest probability.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:
        [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
    """
    sure = np.max(probabilities, axis=1)
    right = np.argmax(probabilities, axis=1) == np.asarray(labels)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    shares = np.bincount(place, right, bins) / np.maximum(counts, 1)
    figure, axes = _axes(4.6, 4.6)
    middles = (np.arange(bins) + 0.5) / bins
    axes.bar(middles, shares, 0.9 / bins, color=_BLUE)
    axes.plot([0, 1], [0, 1], "--", color=_INK, linewidth=1)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    return figure


def answers(labels, said, names, most=20):
    """Draws how often each answer is true, and how often it is given.

    Args:
        labels: Integers of shape `(n,)`; -1 is none of the names.
        said: Integers of shape `(n,)`.
        names: List of the answers.
        most: int. How many to draw, those that occur most often.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    labels = np.asarray(labels)
    true = np.bincount(labels[labels >= 0], minlength=len(names))
    given = np.bincount(said, minlength=len(names))
    order = np.argsort(-np.maximum(true, given), kind="stable")[:most][::-1]
    figure, axes = _axes(6.4, 0.35 * len(order) + 1.3)
    place = np.arange(len(order))
    axes.barh(place + 0.2, true[order], 0.4, color=_GREY, label="true")
    axes.barh(place - 0.2, given[order], 0.4, color=_BLUE, label="predicted")
    axes.set_yticks(place, [names[i] for i in order])
    axes.set_xlabel("questions")
    axes.legend(fontsize=8)
    return figure


def robustness(found, baseline=None):
    """Draws the score of each corruption by its severity.

    Args:
        found: A `mmkeras.evaluation.Robustness`.
        baseline: Another one, drawn dashed, or `None`.

    Returns:
        A `matplotlib.figure.Figure`, a panel a modality.
    """
    fields = list(dict.fromkeys(name.split(": ")[0] for name in found.curves))
    figure, panels = _axes(4.2 * len(fields), 3.6, len(fields))
    for axes, field in zip(np.atleast_1d(panels), fields):
        for name, curve in found.curves.items():
            if name.split(": ")[0] != field:
                continue
            [line] = axes.plot(100 * np.array(curve), label=name.split(": ")[1])
            if baseline and name in baseline.curves:
                other = 100 * np.array(baseline.curves[name])
                axes.plot(other, "--", color=line.get_color())
        axes.set_title(field)
        axes.set_xlabel("severity")
        axes.set_ylabel(f"{_said(found.metric)}, %")
        axes.legend(fontsize=8)
    return figure


def _axes(width, height, panels=1):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # Late: it takes a second.

    figure = Figure((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels)
    for one in np.atleast_1d(axes):
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _said(metric):
    return metric.replace("_", " ")
