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
    unimodal: Annotated[
        bool,
        typer.Option(
            "--unimodal",
            help="Also train the same model on each modality alone, with the "
            "same budget, in subfolders of the run; done once.",
        ),
    ] = False,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            help="Folder of a run to compare with, e.g. a text-only model."
        ),
    ] = None,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Corrupt each modality with increasing severity.",
        ),
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Folder of a run, e.g. your late fusion model, relative to "
            "which effective robustness is computed."
        ),
    ] = None,
    max_examples: Annotated[
        int, typer.Option(min=2, help="Maximum number of examples to corrupt.")
    ] = 500,
    bootstrap_samples: Annotated[
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
    written = told.scores(console, out, bootstrap_samples)
    if len(told.task.fields) > 1:
        if unimodal:
            told.train_unimodal()
        written |= told.fusion_gain(
            console, out, compare or [], bootstrap_samples
        )
    if robustness or baseline:
        written |= told.robustness(console, out, baseline, max_examples)
    atomic.write_json(out / "report.json", written)
    console.print(f"Figures and report.json saved to {out}.")
