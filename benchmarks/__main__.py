"""`python -m benchmarks`: one benchmark per subcommand."""

import os

import typer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import decode
from benchmarks import frozen
from benchmarks import fusion
from benchmarks import memory
from benchmarks import pipeline
from benchmarks import precision
from benchmarks import retrieve
from benchmarks import search
from benchmarks import translate

app = typer.Typer(
    help="Compares the speed of mmkeras with alternatives.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("decode")(decode.run)
app.command("frozen")(frozen.run)
app.command("fusion")(fusion.run)
app.command("memory")(memory.run)
app.command("pipeline")(pipeline.run)
app.command("precision")(precision.run)
app.command("retrieve")(retrieve.run)
app.command("search")(search.run)
app.command("translate")(translate.run)

if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
