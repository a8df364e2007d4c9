"""`mmkeras describe`."""

from typing import Annotated

import typer


def run(
    name: Annotated[str, typer.Argument(help="Name of the architecture.")],
):
    """Show an architecture: paper, arguments, layers, parameters."""
    from rich.console import Console
    from rich.table import Table

    from mmkeras import registry

    architecture = registry.find(name)
    console = Console()
    doc = (architecture.builder.__doc__ or "").strip()
    console.print(f"[bold]{name}[/]  ({architecture.task})")
    console.print(architecture.paper)
    console.print(doc.split("Args:")[0].strip(), markup=False)
    table = Table(
        "argument", "default", title="Arguments", title_justify="left"
    )
    for argument, default in architecture.arguments.items():
        table.add_row(argument, repr(default))
    console.print(table)
    model = registry.build_model(name)
    table = Table(
        "layer",
        "kind",
        "output",
        "parameters",
        title=f"Default build: {model.count_params():,} parameters",
        title_justify="left",
    )
    for layer in model.layers:
        shape = getattr(layer, "output", None)
        table.add_row(
            layer.name,
            type(layer).__name__,
            str(getattr(shape, "shape", "")),
            f"{layer.count_params():,}",
        )
    console.print(table)
