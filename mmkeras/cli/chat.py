"""`mmkeras chat`."""

import pathlib
import sys
from typing import Annotated

import typer

from mmkeras.cli import options


def run(
    folder: options.Run,
    image: Annotated[
        str | None, typer.Option(help="The image that the questions are about.")
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            help="For ranking models: a text file of candidate answers, one "
            "per line."
        ),
    ] = None,
):
    """Ask a dialogue model questions about an image; it keeps the history.

    Prints one answer per question. An empty line, or the end of the input,
    ends the dialogue, so questions can be piped in.
    """
    import mmkeras
    from mmkeras.cli.dialogue import Dialogue

    task = mmkeras.load(folder)
    encoded = pathlib.Path(image).read_bytes() if image else None
    answers = None
    if candidates:
        text = pathlib.Path(candidates).read_text("utf-8")
        answers = [line for line in text.splitlines() if line.strip()]
    conversation = Dialogue(task, encoded, answers)
    failed = False
    for question in _questions():
        answer, probability, error = conversation.ask(question)
        failed |= bool(error)
        if error:
            typer.echo(error, err=True)
        else:
            typer.echo(f"{answer}\t{probability:.3f}")
    if failed:
        raise typer.Exit(1)


def _questions():
    """Yields the questions, one per line of input."""
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
