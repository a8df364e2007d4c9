"""Keys and values on the command line."""

import re
from typing import Annotated

import typer

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
