"""Metrics as tables for the terminal."""

from rich.table import Table

NAMES = {
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "meteor": "METEOR",
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr",
    "unique": "unique captions",
    "distinct_1": "distinct words",
    "distinct_2": "distinct word pairs",
    "vocabulary": "distinct words used",
    "length": "words per caption",
    "shuffle_gap": "image-shuffle gap, nats",
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_micro": "micro F1",
    "f1_weighted": "weighted F1",
    "calibration_error": "calibration error",
    "brier": "Brier score",
    "majority": "majority baseline",
    "vqa_accuracy": "VQA accuracy",
    "consistency": "groups all correct",
}
_PER_CENT = {"meteor", "rouge_l"} | {f"bleu_{n}" for n in range(1, 5)}
_SHARES = {"unique", "distinct_1", "distinct_2", "accuracy", "majority"}
_SHARES |= {"f1_macro", "f1_micro", "f1_weighted"}
_SHARES |= {"vqa_accuracy", "consistency"}


def figure(name, value):
    """Formats a metric as in papers: BLEU in percent, CIDEr unscaled.

    Args:
        name: A key of a task's `score` or of a report's metrics.
        value: The number.

    Returns:
        A string.
    """
    if name in _PER_CENT:
        return f"{100 * value:.1f}"
    if name in _SHARES or name.startswith(
        ("mismatch_", "acc_", "f1_", "type_")
    ):
        return f"{100 * value:.1f} %"
    if name == "vocabulary":
        return f"{value:,.0f}"
    return (
        f"{value:.3f}" if name in ("cider", "shuffle_gap") else f"{value:.3g}"
    )


def scores(title, columns):
    """Compares metrics, one per row.

    Args:
        title: Title of the table.
        columns: Dict of dicts of metrics, by column name. A metric that a
            column lacks is left blank; one that the first column lacks is
            omitted.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    first = next(iter(columns.values()))
    for name in [*NAMES, *(name for name in first if name not in NAMES)]:
        if name in first:
            cells = [_cell(name, figures) for figures in columns.values()]
            table.add_row(_name(name), *cells)
    return table


def subsets(title, found):
    """Lists the score of every subset of modalities, and contributions.

    Args:
        title: Title of the table.
        found: A `mmkeras.evaluation.Subsets`.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("modalities")
    table.add_column(found.metric, justify="right")
    for names, score in found.scores.items():
        table.add_row(" + ".join(names) or "none", f"{100 * score:.1f} %")
    table.add_section()
    for name, worth in found.worth.items():
        cell = f"{100 * worth:+.1f}"
        if name in found.intervals:
            low, high = (100 * x for x in found.intervals[name])
            cell += f" ({low:+.1f} to {high:+.1f})"
        table.add_row(f"contribution of {name}", cell)
    return table


def fusion_gain(title, found):
    """Lists models with their scores, and the gain of fusion over them.

    Args:
        title: Title of the table.
        found: A `mmkeras.evaluation.FusionGain`.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in (found.metric, "interval", "fusion gain", "interval"):
        table.add_column(name, justify="right")
    ranked = sorted(found.scores, key=lambda name: found.scores[name][0])
    for name in ranked:
        score, low, high = (100 * x for x in found.scores[name])
        cells = [f"{score:.1f} %", f"{low:.1f} to {high:.1f}"]
        if name in found.gains:
            gain, low, high = (100 * x for x in found.gains[name])
            cells += [f"{gain:+.1f}", f"{low:+.1f} to {high:+.1f}"]
        table.add_row(name, *cells)
    return table


def robustness(title, found, baseline=None):
    """Lists scores by corruption and severity.

    Args:
        title: Title of the table.
        found: A `mmkeras.evaluation.Robustness`.
        baseline: Another one to measure effective robustness by, or `None`.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("corruption")
    severities = range(1, len(next(iter(found.curves.values()))))
    for name in ("clean", *map(str, severities), "relative"):
        table.add_column(name, justify="right")
    effective = found.effective(baseline) if baseline else {}
    if effective:
        table.add_column("effective", justify="right")
    relative = found.relative
    for name, curve in found.curves.items():
        cells = [f"{100 * score:.1f}" for score in curve]
        cells.append(f"{relative[name]:.2f}")
        if name in effective:
            cells.append(f"{100 * effective[name]:+.1f}")
        table.add_row(name, *cells)
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


def questions(title, found):
    """Lists the types of questions, and what goes wrong most often.

    Args:
        title: Title of the table.
        found: Dict as of `mmkeras.evaluation.questions.errors`.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("type")
    table.add_column("questions", justify="right")
    table.add_column("correct", justify="right")
    table.add_column("most frequent errors: true, predicted, count")
    for kind, about in found.items():
        wrong = "; ".join(
            f"{true}, {said}, {count}"
            for true, said, count in about["confused"]
        )
        right = f"{100 * about['right']:.1f} %"
        table.add_row(kind, f"{about['questions']:,}", right, wrong)
    return table


def _name(name):
    kind, _, field = name.partition("_")
    if kind == "mismatch":
        within, _, other = field.partition("_")
        if within == "within":
            return f"drop with permuted {other} within labels"
        return f"drop with permuted {field}"
    if kind == "type":
        return f"accuracy on {field}"
    return NAMES.get(name, name)


def _cell(name, figures):
    return figure(name, figures[name]) if name in figures else ""
