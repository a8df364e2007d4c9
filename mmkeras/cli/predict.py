"""`mmkeras predict`."""

import json
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import judge
from mmkeras.cli import options
from mmkeras.cli import reading


def run(
    folder: options.Run,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Images, or folders of images. For classifiers: the image "
            "and the audio file of one example, or one table of examples "
            "(JSONL, CSV or TSV) with the model's fields as columns; for "
            "models with one input also several files, or folders of them."
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="For classifiers: the text of the example. For models of "
            "dialogues: one line per turn, e.g. 'Ann: Hello!'."
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(help="An image; the same as giving it as a file."),
    ] = None,
    question: Annotated[
        str | None,
        typer.Option(help="For visual question answering: the question."),
    ] = None,
    column: options.RunColumns = None,
    beam: Annotated[
        int | None,
        typer.Option(
            min=1, help="Beam width. [default: 3 for captions, 1 for answers]"
        ),
    ] = None,
    length_penalty: options.LengthPenalty = None,
    consensus: options.Consensus = 0.0,
    samples: options.Samples = 0,
    word_penalty: options.WordPenalty = 0.5,
    temperature: Annotated[
        float,
        typer.Option(
            min=0,
            help="Above 0, words are sampled. [default with --samples: 0.7]",
        ),
    ] = 0.0,
    top_k: Annotated[
        int,
        typer.Option(
            min=0, help="Sample from this many most likely words; 0: all words."
        ),
    ] = 0,
    top_p: Annotated[
        float,
        typer.Option(
            help="Sample from the most likely words whose total probability "
            "is at least this."
        ),
    ] = 1.0,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the sampling.")
    ] = None,
    no_repeat: options.NoRepeat = 0,
    minimum: options.Minimum = 0,
    figure: Annotated[
        str | None,
        typer.Option(
            help="PNG to write: the images with their captions and, for "
            "models with attention over image regions, the attention before "
            "each word, or before the answer."
        ),
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write one JSON object per image.")
    ] = False,
):
    """Caption images or classify examples; any modality may be absent.

    Inputs that cannot be read get an empty answer, and their errors are
    written to the error stream; with `--jsonl` the reason is in `error`. All
    other inputs are still predicted. The exit code is 1 if there were such
    errors, else 0.
    """
    import mmkeras

    task = mmkeras.load(folder)
    files = [*(files or []), *([image] if image else [])]
    asked = options.search(
        beam,
        length_penalty,
        consensus,
        samples,
        word_penalty,
        temperature,
    )
    given = {
        "top_k": top_k,
        "top_p": top_p if top_p != 1 else None,
        "no_repeat": no_repeat,
        "minimum": minimum,
    }
    asked |= {name: value for name, value in given.items() if value}
    if seed is not None:
        asked["seed"] = seed
    if temperature and not samples:
        asked.setdefault("beam", 1)
    asked = {**task.evaluation_defaults, **asked}
    if not task.texts_differ:
        words = {"text": text, "question": question}
        words = {k: v for k, v in words.items() if v is not None}
        columns = reading.columns_of(column)
        columns = columns or reading.remembered_columns(folder)
        if judge.answer(task, files, words, jsonl, figure, columns, **asked):
            raise typer.Exit(1)
        return
    paths = _files(files)
    good, failed = [], 0
    for path, data, text, score, error in _captioned(task, paths, asked):
        _tell(path, text, score, error, jsonl)
        failed += bool(error)
        if figure and not error:
            good.append((data, text))
    if figure and good:
        _draw(task, good, figure)
    if failed:
        raise typer.Exit(1)


def _files(named):
    """Replaces folders with the images in them."""
    from mmkeras.data.datasets import layout

    if not named:
        raise ValueError(
            "Expected at least one image. Received: no files. Give images, or "
            "folders of images."
        )
    paths = []
    for path in map(pathlib.Path, named):
        if not path.is_dir():
            paths.append(path)
            continue
        found = sorted(p for p in path.rglob("*") if layout.is_image(p))
        if not found:
            raise FileNotFoundError(f"{path} has no images.")
        paths += found
    return paths


def _captioned(task, paths, asked, batch_size=64):
    """Yields the path, bytes, caption, score and error of each image."""
    for i in range(0, len(paths), batch_size):
        batch = paths[i : i + batch_size]
        read = [_read(path) for path in batch]
        said = task.answer({"image": [data for data, _ in read]}, **asked)
        rows = zip(said["text"], said["score"], said["error"])
        for path, (data, reason), row in zip(batch, read, rows):
            text, score, error = row
            yield path, data, text, float(score), reason or error


def _read(path):
    from mmkeras.data import files

    try:
        return files.read(path), ""
    except ValueError as error:
        return b"", str(error)


def _tell(path, text, score, error, jsonl):
    from mmkeras.data.problems import printable

    text = "" if error else text
    if error:
        typer.echo(printable(f"{path}: {error}"), err=True)
    if jsonl:
        answer = {"error": error} if error else {"score": score}
        row = {"image": str(path), "caption": text, **answer}
        typer.echo(json.dumps(row, ensure_ascii=False))
    else:
        typer.echo(f"{printable(path)}\t{printable(text)}")


def _draw(task, captioned, path):
    from mmkeras.evaluation import figures

    data, texts = zip(*captioned)
    pixels, _ = task.codecs["image"].try_batch(list(data))
    drawn = figures.of_captioner(task, pixels.numpy(), list(texts))
    figures.write_png(drawn, path)
    typer.echo(f"Wrote figure {path}.", err=True)
