"""`mmkeras list`."""

from typing import Annotated

import typer


def run(
    task: Annotated[
        str | None, typer.Option(help="Only those of one task.")
    ] = None,
):
    """List the architectures of the zoo."""
    from mmkeras import registry

    # The first word of a name is its task: no zoo file need be loaded.
    names = [
        name
        for name in registry.list_models()
        if task is None or name.split("-")[0] == task
    ]
    if not names:
        tasks = {name.split("-")[0] for name in registry.list_models()}
        raise ValueError(
            f"No architecture solves the task {task!r}. Tasks: "
            f"{', '.join(sorted(tasks))}."
        )
    for name in names:
        typer.echo(name)
