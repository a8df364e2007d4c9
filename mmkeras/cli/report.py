"""`mmkeras report`."""

import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    split: options.Split = "val",
    data: options.RunData = None,
    data_folder: options.RunFolder = None,
    alone: Annotated[
        bool,
        typer.Option(
            "--alone",
            help="Train the same model on each modality alone, with the same "
            "budget, in the run's folder; once.",
        ),
    ] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Folder of a run to compare with, e.g. of text."),
    ] = None,
    corrupt: Annotated[
        bool,
        typer.Option("--corrupt", help="Corrupt each modality, ever more."),
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Folder of a run, e.g. your late fusion, by which effective "
            "robustness is measured."
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=2, help="Most examples to corrupt.")
    ] = 500,
    draws: Annotated[
        int, typer.Option(min=2, help="Of the bootstrap's intervals.")
    ] = 1000,
    seed: int = 0,
):
    """Tell what a judge is worth, and whether fusion pays.

    Scores, calibration, every subset of modalities and what each is worth,
    mismatched pairs, judges of one modality beside the one of all, and
    robustness; as tables, as JSON and as figures in the run's folder.
    """
    from rich.console import Console

    from mmkeras.cli.reporting import Reporting
    from mmkeras.files import atomic

    told = Reporting(pathlib.Path(folder), split, data, data_folder, seed)
    console = Console(highlight=False, soft_wrap=True)
    out = told.run / f"report-{split}"
    out.mkdir(exist_ok=True)
    written = told.scores(console, out, draws)
    if len(told.task.fields) > 1:
        if alone:
            told.train_alone()
        written |= told.fusion_gain(console, out, against or [], draws)
    if corrupt or baseline:
        written |= told.robustness(console, out, baseline, rows)
    atomic.write_json(out / "report.json", written)
    console.print(f"Figures and report.json lie in {out}.")
