"""`mmkeras check`."""

import enum
from typing import Annotated

import typer

from mmkeras.cli import options


class Kind(enum.StrEnum):
    """Kind of your own data."""

    CAPTIONS = "captions"
    LABELS = "labels"
    QUESTIONS = "questions"
    DIALOGUES = "dialogues"
    PAIRS = "pairs"
    TRANSCRIPTS = "transcripts"


def run(
    data: options.Data,
    folder: options.Folder = None,
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="Kind of your own data: what it is to be used for. [default: "
            "inferred from its columns]"
        ),
    ] = None,
    column: options.Columns = None,
    target: options.Target = None,
):
    """Check a data set and list all missing, corrupt or mismatched entries.

    The exit code is 1 if there are any problems other than duplicates.
    """
    from rich.console import Console

    from mmkeras.cli import progress
    from mmkeras.data import check
    from mmkeras.data import problems

    progress_bar = progress.counter("images")
    report = check.check(
        data,
        folder,
        progress_bar,
        target and str(target),
        kind and str(kind),
        options.columns_of(column),
    )
    console = Console(highlight=False)
    console.print(_counts(report))
    for note in report.notes:
        console.print(problems.printable(note), markup=False)
    for cause in problems.summarize(report.problems):
        console.print(cause, markup=False, soft_wrap=True)
    console.print(_verdict(report), style="green" if report.ok else "red")
    if not report.ok:
        raise typer.Exit(1)


def _counts(report):
    from rich.table import Table

    table = Table("", "", title=report.name, title_justify="left")
    table.show_header = False
    for name, count in report.counts.items():
        if isinstance(count, dict):
            count = ", ".join(f"{k} {_short(v)}" for k, v in count.items())
        table.add_row(str(name), _short(count))
    return table


def _short(value):
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _verdict(report):
    if not report.problems:
        return "No problems found."
    kinds = ", ".join(f"{n} {kind}" for kind, n in report.kinds.items())
    if report.ok:
        return f"{kinds}. Warnings only; training will work."
    return f"{kinds}. Fix these errors before training."
