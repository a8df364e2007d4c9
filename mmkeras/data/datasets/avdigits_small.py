"""AV digits with 1,500 training pairs.

The first 150 images of each digit among the training pairs of data set
`avdigits`; validation and test, and the folder, are those of that data set.

Follows the small protocol of SMIL, ShaSpec and SimMLM (1,500 pairs of MNIST
and FSDD, branches of the size of LeNet-5), except for the split: theirs is
random, and a recording, or its speaker's other takes, may be in both training
and test; here the test takes are FSDD's own, and validation is not among the
1,500.
"""

import collections

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import avdigits
from mmkeras.data.datasets import dataset

PER_DIGIT = 150


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all images and recordings; see `avdigits.scan`."""
    data = avdigits.scan(folder, seed)
    rest = [row for row in data.rows if row["split"] != "train"]
    data.rows = _first(data.rows) + rest
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    rows = avdigits.rows(split, folder, seed)
    return _first(rows) if split == "train" else rows


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _first(rows):
    """Returns the first `PER_DIGIT` training rows of each digit."""
    first, counts = [], collections.Counter()
    for row in rows:
        if row["split"] == "train" and counts[row["label"]] < PER_DIGIT:
            counts[row["label"]] += 1
            first.append(row)
    return first
