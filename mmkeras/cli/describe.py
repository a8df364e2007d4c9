"""`mmkeras describe`."""

from typing import Annotated

import typer


def run(
    name: Annotated[str, typer.Argument(help="Name of the architecture.")],
):
    """Show an architecture: its paper, arguments, layers and parameters."""
    from rich.console import Console

    from mmkeras import docstrings
    from mmkeras import registry

    architecture = registry.get(name)
    builder = architecture.builder
    console = Console(highlight=False)
    console.print(f"[bold]{name}[/]  (task: {architecture.task})")
    console.print(architecture.paper, style="blue underline")
    console.print(f"\n{docstrings.summary(builder)}\n", markup=False)
    console.print(_arguments(architecture))
    console.print(_recipe(name))
    console.print(_layers(registry.build_model(name)))


def _arguments(architecture):
    from rich.table import Table

    from mmkeras import docstrings

    meanings = docstrings.parameters(architecture.builder)
    table = Table(title="Arguments", title_justify="left")
    table.add_column("argument", no_wrap=True)
    table.add_column("default", no_wrap=True)
    table.add_column("meaning")
    for name, default in architecture.arguments.items():
        table.add_row(name, repr(default), meanings.get(name, ""))
    return table


def _recipe(name):
    """Table of the training defaults, by number of training examples."""
    from rich.table import Table

    from mmkeras.training import recipes

    recipe = recipes.get(name)
    table = Table(title="Training defaults", title_justify="left")
    for column in ("training examples", "batch size", "epochs"):
        table.add_column(column, justify="right", no_wrap=True)
    for count in (100, 1_000, 10_000, 100_000):
        resolved = recipes.resolve(recipe, count)
        sizes = str(resolved.batch_size), str(resolved.epochs)
        table.add_row(f"{count:,}", *sizes)
    return table


def _layers(model):
    from rich.table import Table

    title = f"Default build: {model.count_params():,} parameters"
    table = Table(title=title, title_justify="left")
    for column in ("layer", "kind", "output"):
        table.add_column(column, no_wrap=True)
    table.add_column("parameters", justify="right")
    for layer, depth in _with_depth(model):
        table.add_row(
            "  " * depth + layer.name,
            type(layer).__name__,
            _shape(layer),
            f"{layer.count_params():,}",
        )
    return table


def _with_depth(model):
    """Yields the layers of a model and those of its branches, with depth."""
    for layer in model.layers:
        yield layer, 0
        for part in getattr(layer, "layers", ()):
            yield part, 1


def _shape(layer):
    try:
        shape = layer.output.shape
    except AttributeError:  # Called twice, or only within another layer.
        return ""
    return str(tuple("?" if size is None else size for size in shape)).replace(
        "'", ""
    )
