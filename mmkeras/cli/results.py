"""`mmkeras results`."""

import pathlib
from typing import Annotated

import typer


def run(
    folder: Annotated[
        str, typer.Option(help="Folder of results.")
    ] = "zoo/results",
    out: Annotated[str, typer.Option(help="File to write.")] = "zoo/README.md",
):
    """Write the table of results from the results files."""
    from mmkeras.files import atomic
    from mmkeras.training import results

    text = results.render(folder)
    atomic.write(pathlib.Path(out), lambda file: file.write(text.encode()))
    typer.echo(f"Wrote {out}.")
