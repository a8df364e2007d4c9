"""Hides the start-up messages of TensorFlow."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def quiet(unless=False):
    """Hides all output to the error stream, including that of native code.

    TensorFlow prints messages about the processor and missing GPUs before
    its log level takes effect.

    Args:
        unless: bool. Whether to hide nothing.
    """
    if unless:
        yield
        return
    sys.stderr.flush()
    stderr_copy = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr_copy, 2)
            os.close(stderr_copy)
