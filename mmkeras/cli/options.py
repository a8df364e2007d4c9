"""Options that several verbs share."""

from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Option(
        help="flickr8k, coco, karpathy, table (JSONL, CSV) or folder."
    ),
]
Folder = Annotated[
    str | None,
    typer.Option(help="Where the data lies. [default: $MMKERAS_DATA/<data>]"),
]
Run = Annotated[str, typer.Argument(help="Folder of a run, as of train --out.")]
Beam = Annotated[
    int, typer.Option(min=1, help="Width of the beam search; 1 is greedy.")
]
LengthPenalty = Annotated[
    float,
    typer.Option(help="0 prefers short captions, 1 the best mean word."),
]


def counter(label):
    """A progress bar for callbacks of `(done, total)`."""
    from rich.progress import Progress

    bars = {}

    def progress(done, total):
        if "bar" not in bars:
            bars["bar"] = Progress()
            bars["bar"].start()
            bars["task"] = bars["bar"].add_task(label, total=total)
        bars["bar"].update(bars["task"], completed=done, total=total)
        if done >= total:
            bars.pop("bar").stop()

    return progress
