"""`mmkeras predict`."""

import json
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    pictures: Annotated[list[str], typer.Argument(help="Picture files.")],
    beam: options.Beam = 3,
    length_penalty: options.LengthPenalty = 0.7,
    temperature: Annotated[
        float, typer.Option(min=0, help="Above 0, draw; then --beam 1.")
    ] = 0.0,
    figure: Annotated[
        str | None, typer.Option(help="PNG of pictures and captions to write.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a picture.")
    ] = False,
):
    """Caption pictures."""
    import mmkeras

    task = mmkeras.load(folder)
    asked = {"beam": beam, "length_penalty": length_penalty}
    if temperature:
        asked = {"temperature": temperature}
    read = [pathlib.Path(path).read_bytes() for path in pictures]
    said = task.answer({"image": read}, **asked)
    rows = list(zip(pictures, said["text"], said["score"], said["error"]))
    for path, text, score, error in rows:
        if as_json:
            row = {"picture": path, "caption": text, "score": float(score)}
            typer.echo(json.dumps({**row, "error": error}, ensure_ascii=False))
        elif error:
            typer.echo(f"{path}: {error}", err=True)
        else:
            typer.echo(f"{path}\t{text}")
    if figure:
        _draw(task, read, said, figure, asked)
    if any(said["error"]):
        raise typer.Exit(1)


def _draw(task, read, said, path, asked):
    from mmkeras.reports import figures
    from mmkeras.training import atomic

    pixels, _ = task.codecs["image"].try_batch(read)
    pixels = pixels.numpy()
    texts = [t or f"({e})" for t, e in zip(said["text"], said["error"])]
    if len(read) == 1 and hasattr(task.decoder, "attention"):
        words, weights = task.look(pixels[0], said["text"][0])
        drawn = figures.attention(pixels[0], words, weights)
    else:
        drawn = figures.captions(pixels, texts)
    atomic.write(path, lambda file: file.write(figures.png(drawn)))
    typer.echo(f"Drew {path}.")
