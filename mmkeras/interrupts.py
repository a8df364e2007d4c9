"""Ctrl-C and termination, handled at a point where no work is lost.

Python's own handler raises an exception at the current instruction; in a
callback of another library, it may be ignored, and the program continues. Here
the signal is also stored, and `check` raises it again.
"""

import contextlib
import os
import signal
import sys
import threading


class Interrupted(KeyboardInterrupt):
    """A signal to stop the process was received.

    Attributes:
        code: int. The process's exit code by convention, 128 and the signal's
            number: 130 after Ctrl-C, 143 after termination.
    """

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


class _State:
    number = None  # Of the signal that was received.
    handlers = 0  # Contexts of `handled` that are open.
    deferred = 0  # Those of `deferred`.


@contextlib.contextmanager
def handled(numbers=(signal.SIGINT, signal.SIGTERM)):
    """Raises `Interrupted` at the first signal; the second ends the process.

    Only the main thread can handle signals; other threads change nothing.
    The previous handlers are restored at the end.

    Args:
        numbers: Signals to handle.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.signal(number, _handle) for number in numbers}
    report, sys.unraisablehook = sys.unraisablehook, _silent(sys.unraisablehook)
    _State.handlers += 1
    try:
        yield
    finally:
        sys.unraisablehook = report
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        _State.handlers -= 1
        if not _State.handlers:
            _State.number = None


@contextlib.contextmanager
def deferred():
    """Defers the first signal to the next `check`, or to the end.

    Raises:
        Interrupted: If a signal was received before the end.
    """
    with handled((signal.SIGINT,)):
        check()
        _State.deferred += 1
        try:
            yield
        finally:
            _State.deferred -= 1
        check()


def check():
    """Raises `Interrupted` if a signal was received."""
    if _State.number is not None:
        raise Interrupted(_State.number)


def received():
    """Returns the exit code of the signal received, or `None`."""
    return None if _State.number is None else 128 + _State.number


def _handle(number, frame):
    if _State.number is not None:
        _print("\nStopped at once.\n")
        os._exit(128 + number)
    _State.number = number
    if not _State.deferred:
        raise Interrupted(number)
    _print("\nStopping after this step; press Ctrl-C again to stop at once.\n")


def _silent(report):
    """Returns a hook that reports ignored exceptions, except `Interrupted`.

    Python ignores exceptions raised in callbacks, such as those of its
    garbage collector, and would print a traceback.
    """

    def hook(unraisable):
        if not isinstance(unraisable.exc_value, Interrupted):
            report(unraisable)

    return hook


def _print(text):
    """Writes to the error stream, which the signal may have interrupted."""
    show_cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
    with contextlib.suppress(OSError):
        os.write(2, (show_cursor + text).encode())
