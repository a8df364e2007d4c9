"""Results of evaluations as figures."""

import numpy as np

from mmkeras.evaluation import formats

_BLUE, _GREY, _INK = "#3b6ea5", "#c8c8c8", "#222222"


def fusion_gain(gain):
    """Draws the score of each model, with its interval.

    Args:
        gain: A `mmkeras.evaluation.FusionGain`.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    names = sorted(gain.scores, key=lambda name: gain.scores[name][0])
    factor = formats.factor(gain.metric)
    values, lows, highs = factor * np.array([gain.scores[n] for n in names]).T
    figure, axes = _axes(6.4, 0.5 * len(names) + 1.3)
    colours = [_BLUE if name == gain.multimodal else _GREY for name in names]
    errors = np.maximum([values - lows, highs - values], 0)
    axes.barh(names, values, xerr=errors, color=colours, ecolor=_INK, capsize=3)
    axes.set_xlabel(formats.axis(gain.metric))
    axes.set_title(gain.summary, fontsize=9, loc="left", wrap=True)
    return figure


def subsets(subsets):
    """Draws the score of every subset of modalities, and contributions.

    Args:
        subsets: A `mmkeras.evaluation.Subsets`.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    metric, scores = subsets.metric, subsets.scores
    names = [" + ".join(names) or "none" for names in scores]
    values = [formats.factor(metric) * score for score in scores.values()]
    figure, axes = _axes(6.4, 0.4 * len(names) + 1.3)
    axes.barh(names[::-1], values[::-1], color=_BLUE)
    axes.set_xlabel(formats.axis(metric))
    contributions = ", ".join(
        f"{name} {formats.number(metric, value, '+')}"
        for name, value in subsets.contributions.items()
    )
    axes.set_title(f"Contribution: {contributions}", fontsize=9, loc="left")
    return figure


def confusion(counts, names, max_classes=40):
    """Draws how often each class was predicted to be which.

    Args:
        counts: Integers of shape `(classes, classes)`, one row per true class.
        names: List of the classes.
        max_classes: int. With more classes, the counts are not written.

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
    for (i, j), count in np.ndenumerate(
        counts if len(names) <= max_classes else []
    ):
        colour = "white" if shares[i, j] > 0.5 else _INK
        style = {"ha": "center", "va": "center", "fontsize": 8}
        axes.text(j, i, str(count), color=colour, **style)
    return figure


def reliability(labels, probabilities, bins=15):
    """Draws how often a classifier is right, by its confidence.

    Args:
        labels: Integers of shape `(n,)`.
        probabilities: Floats of shape `(n, classes)`.
        bins: int. Bins of equal width of the largest probability.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:
        [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
    """
    confidence = np.max(probabilities, axis=1)
    correct = np.argmax(probabilities, axis=1) == np.asarray(labels)
    numbers = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(numbers, minlength=bins)
    shares = np.bincount(numbers, correct, bins) / np.maximum(counts, 1)
    figure, axes = _axes(4.6, 4.6)
    centers = (np.arange(bins) + 0.5) / bins
    axes.bar(centers, shares, 0.9 / bins, color=_BLUE)
    axes.plot([0, 1], [0, 1], "--", color=_INK, linewidth=1)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    return figure


def answers(labels, predictions, names, max_answers=20):
    """Draws how often each answer is true, and how often it is predicted.

    Args:
        labels: Integers of shape `(n,)`; -1 is none of the names.
        predictions: Integers of shape `(n,)`.
        names: List of the answers.
        max_answers: int. Maximum number of answers, the most frequent ones.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    labels = np.asarray(labels)
    true = np.bincount(labels[labels >= 0], minlength=len(names))
    predicted = np.bincount(predictions, minlength=len(names))
    order = np.argsort(-np.maximum(true, predicted), kind="stable")
    order = order[:max_answers][::-1]
    figure, axes = _axes(6.4, 0.35 * len(order) + 1.3)
    bars = np.arange(len(order))
    axes.barh(bars + 0.2, true[order], 0.4, color=_GREY, label="true")
    axes.barh(bars - 0.2, predicted[order], 0.4, color=_BLUE, label="predicted")
    axes.set_yticks(bars, [names[i] for i in order])
    axes.set_xlabel("questions")
    axes.legend(fontsize=8)
    return figure


def robustness(robustness, baseline=None):
    """Draws the score of each corruption by its severity.

    Args:
        robustness: A `mmkeras.evaluation.Robustness`.
        baseline: Another one, drawn dashed, or `None`.

    Returns:
        A `matplotlib.figure.Figure`, one panel per modality.
    """
    curves, factor = robustness.curves, formats.factor(robustness.metric)
    fields = list(dict.fromkeys(name.split(": ")[0] for name in curves))
    figure, panels = _axes(4.2 * len(fields), 3.6, len(fields))
    for axes, field in zip(np.atleast_1d(panels), fields):
        for name, curve in curves.items():
            if name.split(": ")[0] != field:
                continue
            label = name.split(": ")[1]
            [line] = axes.plot(factor * np.array(curve), label=label)
            if baseline and name in baseline.curves:
                other = factor * np.array(baseline.curves[name])
                axes.plot(other, "--", color=line.get_color())
        axes.set_title(field)
        axes.set_xlabel("severity")
        axes.set_ylabel(formats.axis(robustness.metric))
        axes.legend(fontsize=8)
    return figure


def transfer(transfer):
    """Draws scores with and without pretrained branches by share of rows.

    Args:
        transfer: A `mmkeras.evaluation.Transfer`.

    Returns:
        A `matplotlib.figure.Figure`: means and standard deviations over
        seeds, and a point per training.
    """
    factor = formats.factor(transfer.metric)
    shares = 100 * np.array(transfer.fractions)
    figure, axes = _axes(6.4, 4.2)
    kinds = (
        ("with pretraining", transfer.pretrained, _BLUE),
        ("without", transfer.without, _INK),
    )
    for label, scores, colour in kinds:
        scores = factor * scores
        spread = scores.std(axis=1, ddof=int(scores.shape[1] > 1))
        axes.errorbar(
            shares,
            scores.mean(axis=1),
            spread,
            marker="o",
            capsize=3,
            color=colour,
            label=label,
        )
        axes.plot(shares, scores, ".", color=colour, alpha=0.4)
    axes.set_xscale("log")
    axes.set_xticks(shares, [f"{share:g} %" for share in shares])
    axes.minorticks_off()
    axes.set_xlabel("training rows")
    axes.set_ylabel(formats.axis(transfer.metric))
    axes.legend(fontsize=8)
    return figure


def _axes(width, height, panels=1):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # Late: it takes a second.

    figure = Figure((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels)
    for panel in np.atleast_1d(axes):
        panel.spines[["top", "right"]].set_visible(False)
    return figure, axes
