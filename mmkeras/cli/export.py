"""`mmkeras export`."""

from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import settings


def run(
    folder: options.Run,
    out: Annotated[str, typer.Argument(help="Folder that holds all versions.")],
    pairs: settings.Generate = None,
    version: Annotated[
        int | None, typer.Option(help="[default: the next one]")
    ] = None,
):
    """Export a run as a SavedModel and verify it in a separate process."""
    from mmkeras import api

    path = api.export(folder, out, version, **settings.parse(pairs))
    typer.echo(
        f"{path}: in a fresh process without Keras it gives the same answers "
        f"as {folder}."
    )
