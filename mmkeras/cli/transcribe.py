"""`mmkeras transcribe`."""

from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import predict
from mmkeras.cli import settings


def run(
    folder: options.Run,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Audio files of any length, or folders of them. Also "
            "KEY=VALUE, such as generate.beam=5.",
            show_default=False,
        ),
    ],
    language: Annotated[
        str | None,
        typer.Option(
            help="For a multilingual Whisper: the language that is spoken, "
            "e.g. de. [default: recognised]"
        ),
    ] = None,
    translate: Annotated[
        bool,
        typer.Option(
            "--translate", help="For a multilingual Whisper: to English."
        ),
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write one JSON object per file.")
    ] = False,
):
    """Write down what is said in recordings, e.g. with whisper:FOLDER.

    A pretrained Whisper recognises windows of 30 s, one after the other. A
    file that cannot be read gets no text, and its error is written to the
    error stream; the exit code is then 1.
    """
    import pathlib

    import mmkeras
    from mmkeras import api
    from mmkeras.tasks import raw_examples

    given = dict(language=language, translate=translate)
    task = mmkeras.load(folder, **{k: v for k, v in given.items() if v})
    if task.fields != ["audio"]:
        raise ValueError(
            "`mmkeras transcribe` takes a model of recordings alone, e.g. "
            f"whisper:FOLDER. Received: {folder}, a model of "
            f"{', '.join(task.fields)}"
        )
    files, values = settings.split(files)
    generate = api.generation_options(task, values)
    generate = task.generation_options(**generate)
    examples = raw_examples.from_each(task, files)
    base = pathlib.Path()
    if predict.write_answers(task, examples, base, jsonl, generate):
        raise typer.Exit(1)
