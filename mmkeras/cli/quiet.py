"""Silence while TensorFlow is loaded."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def quiet(unless=False):
    """Hides what is written to the error stream, by native code too.

    TensorFlow remarks on the processor and on GPUs that are not there before
    its own log level is heeded.

    Args:
        unless: bool. Whether to hide nothing.
    """
    if unless:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
