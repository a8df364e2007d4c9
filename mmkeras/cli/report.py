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
    transfer: Annotated[
        str | None,
        typer.Option(
            metavar="PRETRAINED",
            help="Also train the model with and without the branches of this "
            "run or preset, on several shares of its training rows, in a "
            "subfolder of the run; what is done is not done again.",
        ),
    ] = None,
    fractions: Annotated[
        str, typer.Option(help="Shares of the training rows for --transfer.")
    ] = "0.01,0.1,0.3,1",
    seeds: Annotated[
        int, typer.Option(min=1, help="Trainings per share for --transfer.")
    ] = 3,
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
    """Report on a run: its scores, and whether fusion and pretraining help.

    Scores with intervals, a baseline and mismatched inputs, for captioning
    models too; calibration; every subset of modalities and the contribution
    of each; unimodal models compared with the multimodal one; robustness; and
    trainings with and without pretrained branches; as tables, and as JSON and
    figures in the run's folder; for a preset, in a folder of its own,
    `NAME-report-SPLIT`.
    """
    from rich.console import Console

    from mmkeras import hub
    from mmkeras.cli.reporting import Reporting
    from mmkeras.files import atomic

    source = data, data_folder, options.columns_of(column)
    path = hub.find(folder)
    trains = {"--unimodal": unimodal, "--transfer": transfer}
    for option, value in trains.items():
        if value and hub.is_preset(path):
            raise ValueError(
                f"{folder} is a preset: {option} trains in the folder of a "
                "run. Leave it out, or report on a run."
            )
    reporting = Reporting(path, split, *source, seed)
    console = Console(highlight=False, soft_wrap=True)
    out = path / f"report-{split}"
    if hub.is_preset(path):
        out = pathlib.Path(f"{path.name}-report-{split}")
    out.mkdir(exist_ok=True)
    report = reporting.scores(console, out, bootstrap_samples)
    if len(reporting.task.modalities) > 1:
        if unimodal:
            reporting.train_unimodal()
        report |= reporting.fusion_gain(
            console, out, compare or [], bootstrap_samples
        )
    if robustness or baseline:
        report |= reporting.robustness(console, out, baseline, max_examples)
    if transfer:
        shares = options.numbers("--fractions", fractions)
        report |= reporting.transfer(console, out, transfer, shares, seeds)
    atomic.write_json(out / "report.json", report)
    console.print(f"Figures and report.json saved to {out}.")
