"""`mmkeras chat`."""

import pathlib
import sys
from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    image: Annotated[
        str | None, typer.Option(help="The image to talk about.")
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            help="Of a model that ranks answers: a text file of them, a line "
            "each."
        ),
    ] = None,
):
    """Talk with a model, about an image; it remembers what was said.

    One answer a question. An empty line, or the end of the input, ends the
    talk; so questions can be piped in.
    """
    import mmkeras
    from mmkeras.cli import talk

    task = mmkeras.load(folder)
    encoded = pathlib.Path(image).read_bytes() if image else None
    answers = None
    if candidates:
        text = pathlib.Path(candidates).read_text("utf-8")
        answers = [line for line in text.splitlines() if line.strip()]
    held = talk.Talk(task, encoded, answers)
    failed = False
    for question in _asked():
        answer, chance, error = held.ask(question)
        failed |= bool(error)
        if error:
            typer.echo(error, err=True)
        else:
            typer.echo(f"{answer}\t{chance:.3f}")
    if failed:
        raise typer.Exit(1)


def _asked():
    """Yields what is asked, line by line."""
    if not sys.stdin.isatty():
        yield from (line.strip() for line in sys.stdin if line.strip())
        return
    from rich.prompt import Prompt

    while True:
        try:
            question = Prompt.ask("[bold]You[/bold]", default="").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not question:
            return
        yield question
