"""Mboshi-French as pairs of a recording and its French translation.

The rows are those of data set `mboshi`, whose `"text"` is the transcription;
here it is the translation, so that speech is retrieved by what it means.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import mboshi

_COLUMNS = ("id", "audio", "split")


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all utterances; see `mboshi.scan`.

    Args:
        folder: Folder of the corpus, or None for `$MMKERAS_DATA/mboshi`.
        seed: int. Seed of the choice of validation sentences.

    Returns:
        A `Dataset` of rows with `"audio"`, a path, and `"text"`, the
        translation.
    """
    data = mboshi.scan(folder, seed)
    data.rows = [
        {**{k: row[k] for k in _COLUMNS}, "text": row["target"]}
        for row in data.rows
    ]
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
