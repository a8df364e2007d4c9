"""Shows errors of the library as one line."""

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
    """Shows errors that a user can fix as one red line; exits with 1.

    Args:
        verb: Function of the command line. An option `--debug` is added to
            it, which shows the traceback instead.
        heavy: bool. Whether the verb needs Keras, which is then loaded
            without the start-up messages of TensorFlow.

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
            except typer.Exit:  # A RuntimeError, but not an error.
                raise
            except (ValueError, OSError, RuntimeError, ImportError) as error:
                interrupts.check()  # It may have caused the error.
                if debug or isinstance(error, BrokenPipeError):
                    raise
                show(f"Error: {_explain(error)}")
                raise typer.Exit(1) from None

    signature = inspect.signature(verb)
    parameters = [*signature.parameters.values(), _DEBUG]
    run.__signature__ = signature.replace(parameters=parameters)
    return run


@contextlib.contextmanager
def _stopped():
    """Ends an interrupted verb with the exit code of the signal.

    Also if the exception was lost in a callback of another library, or was
    converted to another error.
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
        show("Stopped; run the same command again to resume.")
        raise typer.Exit(code) from None


def _escape_output():
    """Prints file names that are not valid UTF-8 with escapes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def _short_warnings():
    """Shows warnings for users as one line, without the source location."""

    def show_warning(message, category, *place):
        if issubclass(category, UserWarning):
            show(f"Warning: {message}", "yellow")
        else:
            plain(message, category, *place)

    with warnings.catch_warnings():
        plain, warnings.showwarning = warnings.showwarning, show_warning
        yield


def _load_keras(debug):
    with quiet(unless=debug):
        import keras  # noqa: F401


def _explain(error):
    """The error's text; for system errors, the file name comes first."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def show(text, style="red"):
    """Prints a line to the error stream."""
    from rich.console import Console

    console = Console(file=sys.stderr, soft_wrap=True, highlight=False)
    console.print(text, style=style, markup=False)
