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
    column: options.RunColumns = None,
    alone: Annotated[
        bool,
        typer.Option(
            "--alone",
            help="Also train the same model on each modality alone, with the "
            "same budget, in subfolders of the run; done once.",
        ),
    ] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(
            help="Folder of a run to compare with, e.g. a text-only model."
        ),
    ] = None,
    corrupt: Annotated[
        bool,
        typer.Option(
            "--corrupt", help="Corrupt each modality with increasing severity."
        ),
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Folder of a run, e.g. your late fusion model, relative to "
            "which effective robustness is computed."
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=2, help="Maximum number of examples to corrupt.")
    ] = 500,
    draws: Annotated[
        int,
        typer.Option(
            min=2, help="Number of bootstrap samples for the intervals."
        ),
    ] = 1000,
    seed: int = 0,
):
    """Report on a classifier: its scores, and whether fusion helps.

    Scores, calibration, every subset of modalities and the contribution of
    each, mismatched pairs, unimodal models compared with the multimodal one,
    and robustness; as tables, and as JSON and figures in the run's folder.
    """
    from rich.console import Console

    from mmkeras.cli.reporting import Reporting
    from mmkeras.files import atomic

    source = data, data_folder, options.columns_of(column)
    told = Reporting(pathlib.Path(folder), split, *source, seed)
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
    console.print(f"Figures and report.json saved to {out}.")
