"""Errors of the library as one clear line."""

import functools
import os
import sys

import typer
from rich.console import Console


def explained(verb):
    """Shows what a user can mend in one line, and exits with 1.

    Set `MMKERAS_DEBUG=1` for the traceback.
    """

    @functools.wraps(verb)
    def run(*args, **kwargs):
        try:
            return verb(*args, **kwargs)
        except (ValueError, OSError, RuntimeError, ImportError) as error:
            if os.environ.get("MMKERAS_DEBUG"):
                raise
            console = Console(stderr=True, soft_wrap=True)
            console.print(f"Error: {error}", style="red", markup=False)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            sys.stderr.write("Stopped. The same command goes on from here.\n")
            raise typer.Exit(130) from None

    return run
