"""`mmkeras export`."""

from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    out: Annotated[str, typer.Argument(help="Folder of all versions.")],
    beam: options.Beam = 3,
    length_penalty: options.LengthPenalty = 0.7,
    consensus: options.Consensus = 0.0,
    no_repeat: options.NoRepeat = 0,
    minimum: options.Minimum = 0,
    version: Annotated[
        int | None, typer.Option(help="[default: the next one]")
    ] = None,
):
    """Export a run as a SavedModel, reload it elsewhere and compare."""
    import mmkeras
    from mmkeras import serving

    task = mmkeras.load(folder)
    options = {
        "beam": beam,
        "length_penalty": length_penalty,
        "consensus": consensus,
        "no_repeat": no_repeat,
        "minimum": minimum,
    }
    options = options if task.name == "caption" else {}
    path = serving.export(task, out, version, **options)
    said = "writes the same captions" if options else "answers the same"
    typer.echo(
        f"{path}: in a fresh process without Keras it {said} as {folder}."
    )
