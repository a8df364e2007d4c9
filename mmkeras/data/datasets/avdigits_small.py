"""AV digits with 1,500 training pairs: how much two modalities help when few.

The first 150 images of each digit among the training pairs of data set
`avdigits`; validation and test, and the folder, are those of that data set.

Beside the small protocol of SMIL, ShaSpec and SimMLM (1,500 pairs of MNIST
and FSDD, branches of the size of LeNet-5): theirs are split at random, and
nothing says that a recording, or its speaker's other takes, is not on both
sides; here the test takes are FSDD's own, and validation is not among the
1,500.
"""

import collections

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import avdigits
from mmkeras.data.datasets import layout

EACH = 150


def scan(folder=None, seed=0) -> layout.Scan:
    """Reads all images and recordings; see `avdigits.scan`."""
    found = avdigits.scan(folder, seed)
    rest = [row for row in found.rows if row["split"] != "train"]
    found.rows = _first(found.rows) + rest
    return found


def rows(split, folder=None, seed=0) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    found = avdigits.rows(split, folder, seed)
    return _first(found) if split == "train" else found


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _first(rows):
    """The first of each digit, of the training rows."""
    kept, counts = [], collections.Counter()
    for row in rows:
        if row["split"] == "train" and counts[row["label"]] < EACH:
            counts[row["label"]] += 1
            kept.append(row)
    return kept
