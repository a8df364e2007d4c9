"""Multi30k with photographs where there are some, and all other pairs.

The folder is that of data set `multi30k-image`. For models of texts and
images, whose image may be absent.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import multi30k_image

LANGUAGES = multi30k_image.LANGUAGES

scan = functools.partial(multi30k_image.scan, all_rows=True)
rows = functools.partial(multi30k_image.rows, all_rows=True)


def load(split, folder=None, source="en", target="de") -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder, source, target))
