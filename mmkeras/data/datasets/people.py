"""People: synthetic translations whose gender only an image tells.

English sentences, German translations and images of people; see
`mmkeras.data.synthetic.people`. It needs no files: 4,000 training, 500
validation and 1,000 test examples are rendered in seconds, the same ones every
time. An exact translation is possible for all of them with the image, and on
average for half of them without.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.synthetic import people

COUNTS = {"train": 4000, "val": 500, "test": 1000}


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Renders all examples.

    Args:
        folder: None; no files are read.
        seed: int, not negative. Seed of the examples.

    Returns:
        A `Dataset` of rows with `"source"`, `"target"` and `"image"`, PNG
        bytes.

    Raises:
        ValueError: If `folder` is given.
    """
    data = dataset.Dataset()
    for split in dataset.SPLITS:
        data.rows += rows(split, folder, seed)
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    if folder is not None:
        raise ValueError(
            "'people' is generated, not read: omit `folder` (`--folder`). "
            f"Received: folder={str(folder)!r}"
        )
    return [
        {**row, "languages": ["en", "de"]}
        for row in people.rows(split, COUNTS.get(split, 0), seed)
    ]


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
