"""`mmkeras preset`."""

from typing import Annotated

import typer


def run(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Folder of a run, as given to `train --out`."
        ),
    ],
    out: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER",
            help="The folder to make; its last part is the preset's name.",
        ),
    ],
    license: Annotated[
        str | None,
        typer.Option(
            help="Identifier of the licence of your model on the Hugging Face "
            "Hub, e.g. apache-2.0. [default: that of the training data]"
        ),
    ] = None,
    evaluate: Annotated[
        bool,
        typer.Option(
            "--evaluate",
            help="Measure the figures of the card again, with the weights in "
            "half precision, instead of stating those of the run.",
        ),
    ] = False,
):
    """Write a run as a preset: a folder to share, with a model card.

    Others use it by its folder or name in place of a run: `mmkeras predict
    NAME photo.jpg`. To publish it on the Hugging Face Hub: `hf upload
    USER/NAME FOLDER`; it is then called hf://USER/NAME.
    """
    from mmkeras import hub
    from mmkeras.cli.console import Console
    from mmkeras.serving import preset

    path = preset.write(folder, out, license, evaluate, Console())
    typer.echo(
        f"Wrote {path} ({hub.size(path) / 1e6:.1f} MB). Its card: "
        f"{path}/README.md"
    )
