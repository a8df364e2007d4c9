"""AV digits: a written digit and the same digit spoken.

MNIST's images are paired with random recordings of the same digit from the
Free Spoken Digit Dataset (FSDD). Training has the first 55,000 training images
and takes 10 to 49 of the recordings, validation the last 5,000 and takes 5 to
9, test MNIST's 10,000 test images and FSDD's own test takes 0 to 4: no image
and no recording is in two splits. Several data sets are called AV-MNIST; this
one has no noise, and is the same on every machine.
"""

import collections
import functools
import gzip
import io
import os
import pathlib
import re

import numpy as np
import PIL.Image
import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "Download MNIST's four *-ubyte.gz files into a folder mnist, and "
    "github.com/Jakobovski/free-spoken-digit-dataset into a folder fsdd, both "
    "in one folder."
)
_TAKES = {"train": range(10, 50), "val": range(5, 10), "test": range(5)}
_NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all images and recordings, and pairs them.

    Args:
        folder: Folder with the folders `mnist` and `fsdd`; None for
            `$MMKERAS_DATA` itself, or `$MMKERAS_DATA/avdigits`.
        seed: int. Seed of the pairing.

    Returns:
        A `Dataset` of rows with `"image"`, PNG bytes, `"audio"`, the path of a
        WAV file, and `"label"`, from "0" to "9".

    Raises:
        FileNotFoundError: If a file does not exist.
    """
    folder = _find_folder(folder)
    takes = _recordings(folder / "fsdd" / "recordings")
    data = dataset.Dataset()
    for split in dataset.SPLITS:
        data.rows += _pairs(folder / "mnist", takes[split], split, seed)
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    dataset.check_split(split)
    folder = _find_folder(folder)
    takes = _recordings(folder / "fsdd" / "recordings")
    return _pairs(folder / "mnist", takes[split], split, seed)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _find_folder(folder):
    """Returns the folder that has the folders `mnist` and `fsdd`."""
    home = os.environ.get("MMKERAS_DATA")
    if folder is None and home and pathlib.Path(home, "fsdd").exists():
        folder = home
    return dataset.find_folder("avdigits", folder, SOURCE)


def _recordings(folder):
    """Paths of recordings by split and digit, in the order of their names."""
    takes = {split: collections.defaultdict(list) for split in _TAKES}
    for path in sorted(folder.glob("*.wav")):
        digit, _, take = _NAME.fullmatch(path.name).groups()
        for split, numbers in _TAKES.items():
            if int(take) in numbers:
                takes[split][int(digit)].append(str(path))
    missing = [s for s, by_digit in takes.items() if len(by_digit) < 10]
    if missing:
        raise FileNotFoundError(
            f"{folder} has no recordings of every digit for "
            f"{', '.join(missing)}. {SOURCE}"
        )
    return takes


def _pairs(mnist, takes, split, seed):
    images, labels, first = digit_images(mnist, split)
    rng = np.random.default_rng([seed, dataset.SPLITS.index(split)])
    uniforms = rng.random(len(labels))
    rows = []
    for i, (pixels, digit, uniform) in enumerate(zip(images, labels, uniforms)):
        recordings = takes[int(digit)]
        rows.append(
            {
                "id": f"{'t10k' if split == 'test' else 'train'}-{first + i}",
                "image": _png(pixels),
                "audio": recordings[int(uniform * len(recordings))],
                "label": str(digit),
                "split": split,
            }
        )
    return rows


def digit_images(folder, split):
    """Reads MNIST's images of a split.

    Args:
        folder: Path of the folder with its four files.
        split: `"train"`, all but the last 5,000 of the training images,
            `"val"`, these, or `"test"`, MNIST's own.

    Returns:
        Tuple of images, uint8 of shape `(n, 28, 28)`, digits, and the
        number of the first in its file.

    Raises:
        FileNotFoundError: If a file does not exist.
    """
    name = "t10k" if split == "test" else "train"
    images = _idx(folder / f"{name}-images-idx3-ubyte.gz")
    labels = _idx(folder / f"{name}-labels-idx1-ubyte.gz")
    if split == "test":
        return images, labels, 0
    if split == "val":
        return images[-5000:], labels[-5000:], len(images) - 5000
    return images[:-5000], labels[:-5000], 0


@functools.lru_cache(maxsize=4)
def _idx(path):
    """Reads MNIST's own format: sizes, big-endian, then bytes."""
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"File not found: {path}. {SOURCE}")
    try:
        data = gzip.decompress(path.read_bytes())
        shape = np.frombuffer(data, ">i4", data[3], 4)
        return np.frombuffer(data, "uint8", offset=4 + 4 * data[3]).reshape(
            shape
        )
    except (OSError, EOFError, IndexError, ValueError) as error:
        raise ValueError(
            f"{path} is not an MNIST file, or is truncated: {error}. Download "
            "it again."
        ) from error


def _png(pixels):
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()
