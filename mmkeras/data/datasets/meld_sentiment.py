"""MELD with its sentiment, negative, neutral or positive, as the label.

The folder is that of data set `meld`.
"""

import tensorflow as tf

from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import meld


def scan(folder=None) -> dataset.Dataset:
    """Reads all utterances; see `meld.scan`."""
    return meld.scan(folder, "Sentiment")


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return meld.rows(split, folder, "Sentiment")


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return meld.load(split, folder, "Sentiment")
