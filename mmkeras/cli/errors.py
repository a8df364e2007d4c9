"""Errors of the library as one clear line."""

import contextlib
import functools
import inspect
import sys
import warnings
from typing import Annotated

import typer

from mmkeras import interrupts
from mmkeras.cli.quiet import quiet

Debug = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.")
]
_DEBUG = inspect.Parameter(
    "debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug
)


def explained(verb, heavy=True):
    """Shows what a user can mend in one red line, and exits with 1.

    Args:
        verb: Function of the command line. It gets an option `--debug`, which
            shows the traceback instead.
        heavy: bool. Whether the verb needs Keras, which is then loaded
            without the remarks of TensorFlow.

    Returns:
        The function to register.
    """

    @functools.wraps(verb)
    def run(*args, debug=False, **kwargs):
        _escape_output()
        with interrupts.handled(), _stopped():
            try:
                if heavy:
                    _load_keras(debug)
                with _short_warnings():
                    return verb(*args, **kwargs)
            except typer.Exit:  # A RuntimeError, but no error.
                raise
            except (ValueError, OSError, RuntimeError, ImportError) as error:
                interrupts.check()  # Then the error is but what came of it.
                if debug or isinstance(error, BrokenPipeError):
                    raise
                _show(f"Error: {_explain(error)}")
                raise typer.Exit(1) from None

    signature = inspect.signature(verb)
    parameters = [*signature.parameters.values(), _DEBUG]
    run.__signature__ = signature.replace(parameters=parameters)
    return run


@contextlib.contextmanager
def _stopped():
    """Ends a verb that was interrupted with the signal's exit code.

    Even if the exception was lost in a callback of another library, or has
    become an error of another kind.
    """
    try:
        yield
        interrupts.check()
    except BaseException as error:
        code = interrupts.received()
        if code is None and isinstance(error, KeyboardInterrupt):
            code = 130
        if code is None:
            raise
        _show("Stopped; the same command goes on from here.")
        raise typer.Exit(code) from None


def _escape_output():
    """Lets names of files that are not UTF-8 be printed, with escapes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def _short_warnings():
    """Shows a warning for users as one line, without its place in the code."""

    def show(message, category, *place):
        if issubclass(category, UserWarning):
            _show(f"Warning: {message}", "yellow")
        else:
            plain(message, category, *place)

    with warnings.catch_warnings():
        plain, warnings.showwarning = warnings.showwarning, show
        yield


def _load_keras(debug):
    with quiet(unless=debug):
        import keras  # noqa: F401


def _explain(error):
    """The error's text; of the system's errors, the file comes first."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _show(text, style="red"):
    from rich.console import Console

    console = Console(file=sys.stderr, soft_wrap=True, highlight=False)
    console.print(text, style=style, markup=False)
