"""`mmkeras list`."""

import ast
import importlib.util
import pathlib
from typing import Annotated

import typer


def run(
    task: Annotated[
        str | None, typer.Option(help="Only those that solve this task.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Names alone, one a line.")
    ] = False,
):
    """List the architectures of the zoo."""
    from mmkeras import registry

    found = [_read(name) for name in registry.list_models()]
    chosen = [entry for entry in found if task in (None, entry["task"])]
    if not chosen:
        tasks = sorted({entry["task"] for entry in found})
        raise ValueError(
            f"No architecture solves the task {task!r}. Tasks: "
            f"{', '.join(tasks)}."
        )
    if names:
        for entry in chosen:
            typer.echo(entry["name"])
        return
    _show(chosen)


def _read(name):
    """Reads what a zoo file says of itself, without running it.

    The arguments of `@register` and the first line of the docstring are
    literals, so Keras need not be loaded to list them.
    """
    package = importlib.util.find_spec("mmkeras.zoo")
    folder = pathlib.Path(package.submodule_search_locations[0])
    path = folder / f"{name.replace('-', '_')}.py"
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


def _show(entries):
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("architecture", no_wrap=True, style="bold")
    table.add_column("task", no_wrap=True)
    table.add_column("what it is")
    table.add_column("paper", no_wrap=True)
    for entry in entries:
        table.add_row(
            *(entry[key] for key in ("name", "task", "title", "paper"))
        )
    Console().print(table)
