"""Metrics as tables for the terminal."""

from rich.table import Table

from mmkeras.evaluation import formats
from mmkeras.evaluation.transfer import percent


def scores(title, columns):
    """Compares metrics, one per row, with their intervals if there are any.

    Args:
        title: Title of the table.
        columns: Dict of dicts of metrics, by column name. A metric that a
            column lacks is left blank; one that the first column lacks is
            omitted.

    Returns:
        A `rich.table.Table`.
    """
    table = _table(title, "", *columns)
    first = next(iter(columns.values()))
    names = dict.fromkeys([*formats.TITLES, *first])
    bounds = {f"{name}_{end}" for name in first for end in ("low", "high")}
    for name in names:
        if name in first and name not in bounds:
            cells = [_cell(name, metrics) for metrics in columns.values()]
            table.add_row(formats.title(name), *cells)
    return table


def subsets(title, subsets):
    """Lists the score of every subset of modalities, and contributions.

    Args:
        title: Title of the table.
        subsets: A `mmkeras.evaluation.Subsets`.

    Returns:
        A `rich.table.Table`.
    """
    table = _table(title, "modalities", subsets.metric)
    for names, score in subsets.scores.items():
        cell = formats.figure(subsets.metric, score)
        table.add_row(" + ".join(names) or "none", cell)
    table.add_section()
    for name, value in subsets.contributions.items():
        cells = [value, *subsets.intervals.get(name, ())]
        table.add_row(f"contribution of {name}", _gain(subsets.metric, *cells))
    return table


def fusion_gain(title, gain):
    """Lists models with their scores, and the gain of fusion over them.

    Args:
        title: Title of the table.
        gain: A `mmkeras.evaluation.FusionGain`.

    Returns:
        A `rich.table.Table`.
    """
    heads = (gain.metric, "interval", "fusion gain", "interval")
    table = _table(title, "", *heads)
    for name in sorted(gain.scores, key=lambda name: gain.scores[name][0]):
        score, *bounds = gain.scores[name]
        cells = [formats.figure(gain.metric, score)]
        cells.append(_interval(gain.metric, *bounds))
        if name in gain.gains:
            value, *bounds = gain.gains[name]
            cells.append(formats.number(gain.metric, value, "+"))
            cells.append(_interval(gain.metric, *bounds, "+"))
        table.add_row(name, *cells)
    return table


def robustness(title, robustness, baseline=None):
    """Lists scores by corruption and severity.

    Args:
        title: Title of the table.
        robustness: A `mmkeras.evaluation.Robustness`.
        baseline: Another one to measure effective robustness by, or `None`.

    Returns:
        A `rich.table.Table`.
    """
    metric, relative = robustness.metric, robustness.relative
    effective = robustness.effective(baseline) if baseline else {}
    severities = range(1, len(next(iter(robustness.curves.values()))))
    heads = ["corruption", "clean", *map(str, severities), "relative"]
    table = _table(title, *heads, *["effective"] * bool(effective))
    for name, curve in robustness.curves.items():
        cells = [formats.number(metric, score) for score in curve]
        cells.append(f"{relative[name]:.2f}")
        if name in effective:
            cells.append(formats.number(metric, effective[name], "+"))
        table.add_row(name, *cells)
    return table


def transfer(title, transfer):
    """Lists scores with and without pretrained branches, by share of rows.

    Args:
        title: Title of the table.
        transfer: A `mmkeras.evaluation.Transfer`.

    Returns:
        A `rich.table.Table`.
    """
    metric = transfer.metric
    heads = ("rows", f"{metric} without", "with pretraining", "gain")
    table = _table(title, "training rows", *heads)
    for i, fraction in enumerate(transfer.fractions):
        cells = [
            _mean(metric, scores[i])
            for scores in (transfer.without, transfer.pretrained)
        ]
        gain, *bounds = transfer.gains[i]
        bounds = bounds if bounds[0] == bounds[0] else ()  # Not NaN.
        cells.append(_gain(metric, gain, *bounds))
        table.add_row(percent(fraction), f"{transfer.rows[i]:,}", *cells)
    return table


def counts(title, pairs):
    """Lists texts with how often each occurs.

    Args:
        title: Title of the table.
        pairs: List of `(text, count)`.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("times", justify="right")
    table.add_column("caption")
    for text, count in pairs:
        table.add_row(str(count), text)
    return table


def questions(title, errors):
    """Lists the types of questions, with their most frequent errors.

    Args:
        title: Title of the table.
        errors: Dict as of `mmkeras.tasks.answers.answer_errors`.

    Returns:
        A `rich.table.Table`.
    """
    table = _table(title, "type", "questions", "correct")
    table.add_column("most frequent errors: true, predicted, count")
    for kind, row in errors.items():
        wrong = "; ".join(", ".join(map(str, each)) for each in row["confused"])
        correct = f"{100 * row['right']:.1f} %"
        table.add_row(kind, f"{row['questions']:,}", correct, wrong)
    return table


def _table(title, first, *others):
    """A table with one column of texts and others of numbers."""
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _cell(name, metrics):
    if name not in metrics:
        return ""
    cell = formats.figure(name, metrics[name])
    if f"{name}_low" not in metrics:
        return cell
    bounds = metrics[f"{name}_low"], metrics[f"{name}_high"]
    return f"{cell} ({_interval(name, *bounds)})"


def _mean(metric, values):
    """The mean and, of several values, their standard deviation."""
    cell = formats.number(metric, values.mean())
    if len(values) == 1:
        return cell
    return f"{cell} ± {formats.number(metric, values.std(ddof=1))}"


def _gain(metric, value, *bounds):
    cell = formats.number(metric, value, "+")
    return f"{cell} ({_interval(metric, *bounds, '+')})" if bounds else cell


def _interval(metric, low, high, sign=""):
    ends = (formats.number(metric, value, sign) for value in (low, high))
    return " to ".join(ends)
