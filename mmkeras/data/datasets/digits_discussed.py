"""Digits discussed: talks about images of nine of MNIST's digits.

Questions refer back: "how many 3s are there?", "how many of them are blue?",
"what is above it?"; see `mmkeras.data.synthetic.digits_discussed`, which also
knows what can be scored without the history or without the image. It is
rendered from MNIST's files, the same every time: 20,000 training talks of the
first 55,000 training images, 1,000 of validation of the last 5,000, and
2,000 of test of MNIST's own test images, five turns each. Beside each
training talk are the first turns of five others about its image.
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import avdigits
from mmkeras.data.datasets import layout
from mmkeras.data.synthetic import digits_discussed

SOURCE = "Download MNIST's four *-ubyte.gz files into a folder mnist."
COUNTS = {"train": 20000, "val": 1000, "test": 2000}
STARTS = {"train": 5}


def scan(folder=None, seed=0) -> layout.Scan:
    """Renders all talks.

    Args:
        folder: Folder of MNIST's files; None for `$MMKERAS_DATA/mnist`.
        seed: int, not negative. Draws other talks.

    Returns:
        A `Scan` of rows with `"image"`, PNG bytes, `"history"`, a line a
        turn, `"question"`, `"label"`, the answer, `"candidates"`, all answers
        there are, a line each, `"type"` and `"group"`, the talk.

    Raises:
        FileNotFoundError: If a file is not there.
    """
    found = layout.Scan()
    for split in layout.SPLITS:
        found.rows += rows(split, folder, seed)
    return found


def rows(split, folder=None, seed=0, count=None) -> list[dict]:
    """Gives the rows of one split, or of its first `count` talks."""
    folder = layout.locate("mnist", folder, SOURCE)
    images, labels, _ = avdigits.digit_images(folder, split)
    by_digit = [images[labels == digit] for digit in range(10)]
    count = COUNTS.get(split, 0) if count is None else count
    starts = STARTS.get(split, 0)
    return digits_discussed.rows(split, count, by_digit, seed, starts)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))
