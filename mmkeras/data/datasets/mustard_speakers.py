"""MUStARD split by speaker: one series for test, the others for training.

The folder is that of data set `mustard`.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import mustard


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all utterances; see `mustard.scan`."""
    return mustard.scan(folder, seed, speakers=True)


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return mustard.rows(split, folder, seed, speakers=True)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
