"""`mmkeras evaluate`."""

from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import settings


def run(
    folder: options.Run,
    pairs: settings.Generate = None,
    split: options.Split = "val",
    data: options.RunData = None,
    data_folder: options.RunFolder = None,
    column: options.RunColumns = None,
    results: options.Results = None,
    transcriber: Annotated[
        str | None,
        typer.Option(
            help="Run or network, such as whisper:FOLDER, whose transcripts "
            "of the recordings replace the texts of the rows."
        ),
    ] = None,
):
    """Evaluate a run on a split.

    For captioning models: BLEU, METEOR, ROUGE-L, CIDEr, and the image-shuffle
    gap. For classifiers: accuracy, F1, calibration, and the contribution of
    each modality.
    """
    from mmkeras import api
    from mmkeras.cli.console import Console

    api.evaluate(
        folder,
        split,
        data=data,
        folder=data_folder,
        columns=options.columns_of(column),
        results=results,
        reporter=Console(),
        transcriber=transcriber,
        **settings.parse(pairs),
    )
