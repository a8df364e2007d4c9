"""`mmkeras list`."""

import ast
import re
from typing import Annotated

import typer

_TITLES = {  # In the order of the columns.
    "name": "architecture",
    "task": "task",
    "title": "description",
    "paper": "paper",
}
_PRESET_TITLES = {
    "name": "preset",
    "task": "task",
    "data": "training data",
    "figure": "test figure",
    "size": "size",
    "license": "licence",
}
_WIDE = 120  # Terminal width that fits all columns.


def run(
    task: Annotated[
        str | None,
        typer.Option(help="List only the architectures for this task."),
    ] = None,
    names_only: Annotated[
        bool,
        typer.Option(
            "--names-only", help="Print only the names, one per line."
        ),
    ] = False,
    presets: Annotated[
        bool,
        typer.Option(
            "--presets",
            help="List trained models instead, which predict at once: those "
            "in zoo/presets of the repository, in the folders of "
            "$MMKERAS_PRESETS, and of installed packages.",
        ),
    ] = False,
):
    """List the architectures of the zoo, or its trained models."""
    from mmkeras import registry

    if presets:
        return _list_presets(task, names_only)
    entries = [_read(name) for name in registry.list_models()]
    selected = [entry for entry in entries if task in (None, entry["task"])]
    if not selected:
        tasks = sorted({entry["task"] for entry in entries})
        raise ValueError(
            f"No architecture is registered for the task {task!r}. Tasks: "
            f"{', '.join(tasks)}."
        )
    if names_only:
        for entry in selected:
            typer.echo(entry["name"])
        return
    _show(selected)


def _list_presets(task, names_only):
    from mmkeras import hub

    entries = []
    for folder in hub.folders().values():
        try:
            entries.append(_read_preset(folder))
        except ValueError as error:
            typer.echo(error, err=True)
    entries = [entry for entry in entries if task in (None, entry["task"])]
    if not entries:
        raise ValueError(
            "No preset is at hand"
            f"{f' for the task {task!r}' if task else ''}. Those of the zoo "
            "are in the folder zoo/presets of the repository; set "
            "MMKERAS_PRESETS to a folder of presets, or write one with "
            "`mmkeras preset RUN FOLDER`."
        )
    if names_only:
        for entry in entries:
            typer.echo(entry["name"])
        return
    _show(entries, titles=_PRESET_TITLES, wraps="data")


def _read_preset(folder):
    from mmkeras import hub

    facts = hub.read_card(folder)["preset"]
    figure = re.sub(r"\s+", " ", str(facts.get("figure", "")))
    row = {**facts, "name": folder.name, "figure": figure}
    row["license"] = facts.get("license_name") or facts["license"]
    return {**row, "size": f"{hub.size(folder) / 1e6:.1f} MB"}


def _read(name):
    """Reads the description in a zoo file without importing it.

    The arguments of `@register` and the first line of the docstring are
    literals, so listing does not need Keras.
    """
    from mmkeras import registry

    path = registry.zoo_folder() / f"{name.replace('-', '_')}.py"
    tree = ast.parse(path.read_text("utf-8"))
    title = (ast.get_docstring(tree) or "").partition("\n")[0]
    entry = {"name": name, "task": "", "paper": "", "title": title}
    for node in ast.walk(tree):
        if _is_register(node):
            entry |= {
                keyword.arg: ast.literal_eval(keyword.value)
                for keyword in node.keywords
                if keyword.arg in ("task", "paper")
            }
    return entry


def _is_register(node):
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return name == "register"


def _show(entries, console=None, titles=_TITLES, wraps="title"):
    """Prints a table on a terminal, and tab-separated lines elsewhere."""
    from rich.console import Console
    from rich.table import Table

    console = console or Console()
    columns = list(titles)
    if not console.is_terminal:
        for entry in entries:
            typer.echo("\t".join(entry[column] for column in columns))
        return
    if console.width < _WIDE:  # `describe` shows the paper as well.
        columns = [column for column in columns if column != "paper"]
    table = Table(box=None, pad_edge=False)
    for column in columns:
        whole = column != wraps
        table.add_column(titles[column], no_wrap=whole, overflow="fold")
    for entry in entries:
        table.add_row(*(entry[column] for column in columns))
    console.print(table)
