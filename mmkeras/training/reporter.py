"""Reports the progress of a run."""

import contextlib
import logging

_LOG = logging.getLogger("mmkeras")


class Reporter:
    """Logs notes and warnings; Keras itself shows the progress of training.

    The command line has a subclass that prints them.
    """

    verbose = "auto"  # As of `keras.Model.fit`.

    def note(self, text):
        """Reports a line about the data or the training."""
        _LOG.info(text)

    def warn(self, text):
        """Reports a warning."""
        _LOG.warning(text)

    def skipped(self, rows):
        """Reports rows that could not be read.

        Args:
            rows: List of tuples of a row's id and the reason.
        """
        for name, error in rows:
            self.warn(f"Skipped {name}: {error}")

    def counter(self, unit):
        """Returns a function of `(done, total)`, or `None`.

        Args:
            unit: What is counted, e.g. `"images"`.
        """
        return None

    @contextlib.contextmanager
    def epochs(self, total):
        """Context manager of a list of Keras callbacks that show progress.

        Args:
            total: int. Number of epochs.
        """
        yield []

    def evaluated(self, evaluation):
        """Reports the scores of a split.

        Args:
            evaluation: An `evaluation.runs.Evaluation`.
        """
