"""Batches that are drawn anew for every epoch."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Gives `fit` batches that depend on epoch and step alone.

    Args:
        draw: Function of the epoch's number, from 0, that returns a function
            of the step's number, which returns the batch.
        steps: int. Batches an epoch.
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
        """Draws an epoch."""
        self.batch = self.draw(epoch)

    @property
    def callback(self):
        """The callback that `fit` needs; it draws every epoch but the first."""
        batches = self

        class Draw(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch:
                    batches.start_epoch(epoch)

        return Draw()


def spread(items, size, steps, step):
    """Chooses the items of a batch, spread evenly over all of them.

    If `size * steps` is the number of items, every one comes once an epoch;
    if it is a little more or less, a few come twice or not at all.

    Args:
        items: int. Number of items.
        size: int. Items a batch.
        steps: int. Batches an epoch.
        step: int. Which of them.

    Returns:
        Array of shape `(size,)`, numbers in `[0, items)`.
    """
    places = np.arange(size, dtype="int64") * steps + step
    return places * items // (size * steps)
