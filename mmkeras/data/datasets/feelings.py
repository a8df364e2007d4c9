"""Feelings: synthetic emotions whose best possible accuracy is known.

Sentences, faces and tones of voice, each a vote for a negative or positive
emotion; see `mmkeras.data.synthetic.feelings`. It needs no files: 8,000
training, 1,000 validation and 1,000 test examples are rendered in seconds, the
same ones every time.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.synthetic import feelings

COUNTS = {"train": 8000, "val": 1000, "test": 1000}


def scan(folder=None, seed=0, **options) -> dataset.Dataset:
    """Renders all examples.

    Args:
        folder: None; no files are read.
        seed: int, not negative. Seed of the examples.
        **options: How often each vote is correct and missing; see
            `mmkeras.data.synthetic.feelings.samples`.

    Returns:
        A `Dataset` of rows with `"text"`, `"image"`, PNG bytes, `"audio"`, WAV
        bytes, and `"label"`, negative or positive.

    Raises:
        ValueError: If `folder` is given.
    """
    data = dataset.Dataset()
    for split in dataset.SPLITS:
        data.rows += rows(split, folder, seed, **options)
    return data


def rows(split, folder=None, seed=0, **options) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    if folder is not None:
        raise ValueError(
            "'feelings' is generated, not read: omit `folder` (`--folder`). "
            f"Received: folder={str(folder)!r}"
        )
    return feelings.rows(split, COUNTS.get(split, 0), seed, **options)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
