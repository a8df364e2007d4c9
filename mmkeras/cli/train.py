"""`mmkeras train`."""

from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import settings


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="ARCH",
            help="Name of the architecture; or classify, for one of the "
            "modalities that the data has.",
            show_default=False,
        ),
    ] = None,
    pairs: settings.Settings = None,
    data: options.TrainingData = None,
    out: Annotated[
        str | None, typer.Option(help="Folder of the run. [required]")
    ] = None,
    folder: options.Folder = None,
    column: options.Columns = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="Run or preset of the same architecture to take the initial "
            "weights and the vocabulary from; with train.init_branches=image, "
            "single branches of any architecture."
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="JSON file of keys, or the run.json of a run to repeat."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Random seed. [default: 0]")
    ] = None,
    results: options.Results = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Delete another run in the folder. The same run is resumed.",
        ),
    ] = False,
):
    """Train a model of the zoo; run the same command again to resume.

    `mmkeras config ARCH` lists the keys of an architecture. The best epoch is
    selected on validation. The test split is evaluated only with `--results`,
    or by `mmkeras evaluate`.
    """
    from mmkeras import api
    from mmkeras.cli.console import Console

    others, values = settings.split([*([name] if name else []), *(pairs or [])])
    name, others = (others or [None])[0], others[1:]
    values |= settings.parse(others)
    api.train(
        name,
        data,
        out,
        folder=folder,
        columns=options.columns_of(column),
        init=init,
        config=config,
        seed=seed,
        overwrite=overwrite,
        results=results,
        reporter=Console(),
        **values,
    )
    typer.echo(f"Run saved to {out}.")
