"""`mmkeras index`."""

from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Files, or folders of files; or one table (JSONL, CSV or "
            "TSV), for texts with the modality as a column.",
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder of the index.")],
    field: Annotated[
        str | None,
        typer.Option(help="Modality of the files. [default: the first one]"),
    ] = None,
    approximate: Annotated[
        bool | None,
        typer.Option(
            "--approximate/--exact",
            help="Search by a graph of near neighbours: faster for 100,000 "
            "items and more, and misses some; needs faiss-cpu. [default: as "
            "before, or exact]",
        ),
    ] = None,
):
    """Embed files into an index to search, or update it.

    Only files that are new or have changed are embedded; those that are gone
    leave the index. The exit code is 1 if a file could not be read.
    """
    from mmkeras.cli.console import Console
    from mmkeras.data.problems import printable
    from mmkeras.serving import search

    index, errors = search.index(
        folder, files, out, field, Console(), approximate
    )
    for name, error in errors:
        error = error.removeprefix(f"{index.field}: ")
        error = error.removeprefix(f"{name}: ")
        typer.echo(printable(f"{name}: {error}"), err=True)
    typer.echo(
        f"{out}: {len(index):,} items ({index.field}), embeddings of "
        f"{index.vectors.shape[1]} numbers."
    )
    if index.graph is not None:
        typer.echo(
            f"Approximate: it finds {index.recall():.1%} of the ten nearest "
            "items."
        )
    if errors:
        raise typer.Exit(1)
