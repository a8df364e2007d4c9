"""`mmkeras export`."""

from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    out: Annotated[str, typer.Argument(help="Folder that holds all versions.")],
    beam: options.Beam = None,
    length_penalty: options.LengthPenalty = None,
    consensus: options.Consensus = 0.0,
    samples: options.Samples = 0,
    word_penalty: options.WordPenalty = 0.5,
    no_repeat: options.NoRepeat = 0,
    minimum: options.Minimum = 0,
    version: Annotated[
        int | None, typer.Option(help="[default: the next one]")
    ] = None,
):
    """Export a run as a SavedModel and verify it in a separate process."""
    import mmkeras
    from mmkeras import serving

    task = mmkeras.load(folder)
    asked = options.search(
        beam, length_penalty, consensus, samples, word_penalty
    )
    given = {"no_repeat": no_repeat, "minimum": minimum}
    asked |= {name: value for name, value in given.items() if value}
    asked = {**task.evaluation_defaults, **asked}
    path = serving.export(task, out, version, **asked)
    said = "generates the same texts" if asked else "gives the same answers"
    typer.echo(
        f"{path}: in a fresh process without Keras it {said} as {folder}."
    )
