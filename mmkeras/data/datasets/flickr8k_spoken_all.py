"""Flickr8k: all captions, with a recording where there is one.

The folder is that of data set `flickr8k-spoken`. For models of images, texts
and recordings, of which any may be absent.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import flickr8k_spoken


def scan(folder=None) -> dataset.Dataset:
    """Reads all captions; see `flickr8k_spoken.scan`."""
    return flickr8k_spoken.scan(folder, all_captions=True)


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return flickr8k_spoken.rows(split, folder, all_captions=True)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
