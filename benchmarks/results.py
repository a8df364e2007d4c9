"""Prints results as a table, and writes them as a JSON file."""

import importlib.metadata
import json
import os
import pathlib
import platform

from rich.console import Console
from rich.table import Table


def machine(*packages):
    """Describes the machine that the results depend on.

    Args:
        *packages: Names of packages whose versions matter.

    Returns:
        Dict of the kind of the processor, its cores, and versions; `None` for
        packages that are not installed.
    """
    return {
        "processor": platform.machine(),
        "cores": cores(),
        "python": platform.python_version(),
        **{name: _version(name) for name in packages},
    }


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cores():
    """Counts the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def bar(name, minimum, value):
    """Describes a bar: a ratio and its required minimum."""
    met = value >= minimum
    return {"bar": name, "least": minimum, "value": value, "met": met}


def show(title, columns, rows, notes, bars):
    """Prints a table of results, notes, and whether the bars are met.

    Args:
        title: string.
        columns: Dict of heading to a function from a row to a string.
        rows: List of dicts.
        notes: List of strings.
        bars: List of dicts, as from `bar`.
    """
    # A pipe has no width, and a truncated table would be useless.
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    table = Table(title=title)
    for heading in columns:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*(text(row) for text in columns.values()))
    console.print(table)
    for note in notes:
        console.print(note, highlight=False, markup=False)
    for item in bars:
        met = "met" if item["met"] else "NOT MET"
        console.print(
            f"{item['bar']}: {item['value']:.1f}, at least {item['least']}: "
            f"{met}",
            highlight=False,
            markup=False,
            style=None if item["met"] else "red",
        )


def save(folder, name, content):
    """Writes results to `<folder>/<name>.json`.

    Args:
        folder: Path, created if necessary, or None to write nothing.
        name: string.
        content: Dict of JSON values.
    """
    if folder is None:
        return
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"benchmark": name, **content}, indent=2)
    (folder / f"{name}.json").write_text(text + "\n")
