"""`mmkeras search`."""

import json
import os
import pathlib
from typing import Annotated

import typer

_SIDE = 224  # Of images in a figure, in pixels.


def run(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="INDEX", help="Folder of an index; see `mmkeras index`."
        ),
    ],
    text: Annotated[
        str | None, typer.Argument(help="What to search for, in words.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="An image to search with instead.")
    ] = None,
    audio: Annotated[
        str | None, typer.Option(help="A recording to search with instead.")
    ] = None,
    top: Annotated[int, typer.Option(help="Number of items.")] = 10,
    figure: Annotated[
        str | None, typer.Option(help="PNG to write: the images found.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--run",
            help="Run or preset that made the index, if it has moved.",
        ),
    ] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="Compare all items of an approximate index."
        ),
    ] = False,
    transcriber: Annotated[
        str | None,
        typer.Option(
            help="With --audio: search with the text that this run or "
            "network, such as whisper:FOLDER, writes down."
        ),
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write one JSON object per item.")
    ] = False,
):
    """Search an index with a text, an image or a recording.

    Prints the most similar items, with the cosine of the embeddings.
    """
    from mmkeras.data.problems import printable
    from mmkeras.serving import search

    hits = search.search(
        folder,
        text,
        image=image,
        audio=audio,
        top=top,
        run=model,
        exact=exact,
        transcriber=transcriber,
    )
    for hit in hits:
        if jsonl:
            row = {"id": hit.name, "similarity": round(hit.similarity, 4)}
            row |= {} if hit.value is None else {"text": hit.value}
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            cells = [f"{hit.similarity:.3f}", _short(hit.name)]
            cells += [] if hit.value is None else [hit.value]
            typer.echo("\t".join(map(printable, cells)))
    if figure:
        _draw(hits, figure)


def _short(name):
    """A path relative to the current folder, if it is in it."""
    folder = os.path.join(os.getcwd(), "")
    return name.removeprefix(folder)


def _draw(hits, path):
    from mmkeras.data import codecs
    from mmkeras.data.datasets import dataset
    from mmkeras.evaluation import figures

    names = [
        hit.name for hit in hits if dataset.is_image(pathlib.Path(hit.name))
    ]
    if len(names) < len(hits):
        raise ValueError("`--figure` draws images. The index has other items.")
    pixels, _ = codecs.Image((_SIDE, _SIDE)).try_batch(names)
    texts = [f"{hit.similarity:.3f}" for hit in hits]
    figures.write_png(figures.captions(pixels.numpy(), texts), path)
    typer.echo(f"Wrote figure {path}.", err=True)
