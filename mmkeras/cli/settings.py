"""Keys and values on the command line."""

import re
from typing import Annotated

import typer
from typer.core import TyperCommand

from mmkeras.cli import errors
from mmkeras.cli import former_options

_PAIR = re.compile(r"(train|model|data|task|generate)\.[\w.]+=")

Settings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Keys of the configuration, e.g. train.epochs=10; see `mmkeras "
        "config`.",
        show_default=False,
    ),
]
Generate = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="For models that generate text, e.g. generate.beam=10; see "
        "`mmkeras config`.",
        show_default=False,
    ),
]


class Command(TyperCommand):
    """A verb that names the keys which replace options of earlier versions."""

    def parse_args(self, ctx, args):
        """Parses arguments; see `click.Command.parse_args`."""
        own = {
            option
            for parameter in self.params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word, following in zip(args, [*args[1:], ""]):
            option, mark, value = word.partition("=")
            value = value if mark else following
            hint = former_options.hint(self.name, option, value)
            if hint and option not in own:
                errors.show(f"Error: {hint}")
                raise typer.Exit(2)
        return super().parse_args(ctx, args)


def is_pair(word):
    """Whether a word is a key of a known group with a value."""
    return bool(_PAIR.match(word))


def split(words):
    """Separates pairs of keys and values from other arguments.

    Args:
        words: List of strings, or `None`.

    Returns:
        Tuple of the list of other arguments and a dict from keys to values.
    """
    from mmkeras.training import config

    pairs = [word for word in words or [] if is_pair(word)]
    others = [word for word in words or [] if not is_pair(word)]
    return others, config.parse(pairs)


def parse(words):
    """Parses pairs of keys and values.

    Raises:
        ValueError: If a word is no such pair.
    """
    from mmkeras.training import config

    return config.parse(words or [])
