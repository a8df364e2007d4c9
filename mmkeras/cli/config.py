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
    for group in config.split(keys):
        chosen = [k for k in keys.values() if k.name.startswith(f"{group}.")]
        if chosen:
            console.print(_table(group, chosen))
    console.print(
        "data.columns.COLUMN=NAME, or --column, reads a column of your own "
        "table from one of another name."
    )


def _table(group, keys):
    from rich.table import Table

    from mmkeras.training import value_types

    table = Table(title=group, title_justify="left")
    table.add_column("key", no_wrap=True)
    table.add_column("default")
    table.add_column("type")
    table.add_column("meaning")
    for key in keys:
        default = json.dumps(key.default)
        kind = value_types.describe(key.type)
        table.add_row(key.name, default, kind, key.doc)
    return table
