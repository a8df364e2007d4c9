"""Digits discussed: dialogues about images of nine of MNIST's digits.

Questions refer back: "how many 3s are there?", "how many of them are blue?",
"what is above it?"; see `mmkeras.data.synthetic.digits_discussed`, which also
computes the best scores without the history or without the image. The images
are rendered from MNIST's files, the same every time: 20,000 training dialogues
from the first 55,000 training images, 1,000 validation dialogues from the last
5,000, and 2,000 test dialogues from MNIST's own test images, five turns each.
For each training dialogue there are also the first turns of five others about
the same image.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import avdigits
from mmkeras.data.datasets import dataset
from mmkeras.data.synthetic import digits_discussed

SOURCE = "Download MNIST's four *-ubyte.gz files into a folder mnist."
COUNTS = {"train": 20000, "val": 1000, "test": 2000}
STARTS = {"train": 5}


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Renders all dialogues.

    Args:
        folder: Folder of MNIST's files; None for `$MMKERAS_DATA/mnist`.
        seed: int, not negative. Seed of the dialogues.

    Returns:
        A `Dataset` of rows with `"image"`, PNG bytes, `"history"`, one line
        per turn, `"question"`, `"label"`, the answer, `"candidates"`, all
        answers of the data set, one per line, `"type"` and `"group"`, the
        dialogue.

    Raises:
        FileNotFoundError: If a file does not exist.
    """
    data = dataset.Dataset()
    for split in dataset.SPLITS:
        data.rows += rows(split, folder, seed)
    return data


def rows(split, folder=None, seed=0, count=None) -> list[dict]:
    """Returns the rows of one split, or of its first `count` dialogues."""
    folder = dataset.find_folder("mnist", folder, SOURCE)
    images, labels, _ = avdigits.digit_images(folder, split)
    by_digit = [images[labels == digit] for digit in range(10)]
    count = COUNTS.get(split, 0) if count is None else count
    starts = STARTS.get(split, 0)
    return digits_discussed.rows(split, count, by_digit, seed, starts)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
