"""Batches that are sampled again for every epoch."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Batches for `fit` that depend only on the epoch and the step.

    Args:
        draw: Function of the epoch's number, from 0, that returns a function
            of the step's number, which returns the batch.
        steps: int. Batches per epoch.
    """

    def __init__(self, draw, steps):
        super().__init__()
        self.draw = draw
        self.steps = steps
        self.start_epoch(0)

    def __len__(self):
        return self.steps

    def __getitem__(self, step):
        return self.batch(step)

    def start_epoch(self, epoch):
        """Samples the batches of an epoch."""
        self.batch = self.draw(epoch)

    @property
    def callback(self):
        """Callback for `fit` that samples every epoch except the first."""
        batches = self

        class Draw(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch:
                    batches.start_epoch(epoch)

        return Draw()


def batch_indices(items, size, steps, step):
    """Returns the indices of a batch, spaced evenly over all items.

    If `size * steps` is the number of items, each is in one batch of an epoch;
    if it is slightly more or less, a few are in two batches or in none.

    Args:
        items: int. Number of items.
        size: int. Items per batch.
        steps: int. Batches per epoch.
        step: int. Index of the batch within the epoch.

    Returns:
        int64 array of shape `(size,)`, in `[0, items)`.
    """
    places = np.arange(size, dtype="int64") * steps + step
    return places * items // (size * steps)
