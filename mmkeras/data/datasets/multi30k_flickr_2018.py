"""Multi30k, with another test split: the photographs of Flickr of 2018.

The folder and all other splits are those of data set `multi30k`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import multi30k

LANGUAGES = multi30k.LANGUAGES

scan = functools.partial(multi30k.scan, test="test_2018_flickr")
rows = functools.partial(multi30k.rows, test="test_2018_flickr")


def load(split, folder=None, source="en", target="de") -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder, source, target))
