"""`mmkeras config`."""

import json
from typing import Annotated

import typer


def run(
    name: Annotated[str, typer.Argument(help="Name of the architecture.")],
):
    """List all keys that configure an architecture, by group.

    They are given as `key=value` to `mmkeras train`; those of `generate` also
    to `evaluate`, `predict` and `export`.
    """
    from rich.console import Console

    from mmkeras.training import config
    from mmkeras.training import config_keys

    console = Console(highlight=False)
    keys = config_keys.keys(name)
    if not console.is_terminal:  # One line per key, separated by tabs.
        for key in keys.values():
            typer.echo("\t".join(_cells(key)))
        return
    for group in config.split(keys):
        selected = [k for k in keys.values() if k.name.startswith(f"{group}.")]
        if selected:
            console.print(_table(group, selected))
    console.print(
        "data.columns.COLUMN=NAME, or --column, reads a column of your own "
        "table from one of another name."
    )


def _table(group, keys):
    from rich.table import Table

    table = Table(title=group, title_justify="left")
    table.add_column("key", no_wrap=True)
    table.add_column("default")
    table.add_column("type")
    table.add_column("meaning")
    for key in keys:
        table.add_row(*_cells(key))
    return table


def _cells(key):
    from mmkeras.training import value_types

    kind = value_types.describe(key.type)
    kind = kind.removeprefix("an ").removeprefix("a ")
    return key.name, json.dumps(key.default), kind, key.doc
