"""Flickr8k: 8,000 photographs of people and dogs, five captions each.

Reads the official layout: `Flicker8k_Dataset/` (its authors' spelling, or
the correct one), and `Flickr8k.token.txt` with the three lists of the split,
next to it or in `Flickr8k_text/`.

Reference: Hodosh, Young and Hockenmaier (2013), Framing Image Description as
a Ranking Task, JAIR 47, https://doi.org/10.1613/jair.3994
"""

import collections

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "Its authors provide Flickr8k_Dataset.zip and Flickr8k_text.zip at "
    "http://nlp.cs.illinois.edu/HockenmaierGroup/8k-pictures.html; unpack "
    "both into one folder."
)
_LISTS = {"train": "train", "val": "dev", "test": "test"}
# The key of five captions is misspelled; there is no such image.
_BAD_KEY = "2258277193_586949ec62.jpg.1"


def scan(folder=None) -> dataset.Dataset:
    """Reads captions and splits.

    Args:
        folder: Folder of the data; None for `$MMKERAS_DATA/flickr8k`.

    Returns:
        A `Dataset`, with the images of the official split in its order, then
        those without a split.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("flickr8k", folder, SOURCE)
    data = dataset.Dataset()
    images = dataset.first_existing(
        folder / "Flicker8k_Dataset",
        folder / "Flickr8k_Dataset",
        folder / "Flickr8k_Dataset" / "Flicker8k_Dataset",
    )
    captions = _captions(_text(folder, "Flickr8k.token.txt"), data)
    keys = set()
    for split, name in _LISTS.items():
        path = _text(folder, f"Flickr_8k.{name}Images.txt")
        for key in _keys(path, data):
            keys.add(key)
            data.add(key, images / key, captions.get(key, ()), split)
    for key in captions:
        if key not in keys:
            data.add(key, images / key, captions[key], None)
    dataset.report_unlisted_images(images, data)
    return data


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _text(folder, name):
    return dataset.first_existing(
        folder / name, folder / "Flickr8k_text" / name
    )


def _keys(path, data):
    if not path.exists():
        data.report("missing", path, "the list of a split")
        return []
    return [line.strip() for _, line in dataset.lines(path, data) if line]


def _captions(path, data):
    """Reads lines such as `1000268201_693b08cb0e.jpg#0<tab>A child ...`."""
    captions, skipped = collections.defaultdict(list), 0
    if not path.exists():
        data.report("missing", path, "the captions")
        return captions
    for number, line in dataset.lines(path, data):
        key, tab, caption = line.partition("\t")
        key, mark, _ = key.rpartition("#")
        if key == _BAD_KEY:
            skipped += 1
        elif tab and mark and key:
            captions[key].append(caption)
        elif line.strip():
            detail = "expected `image.jpg#0`, a tab and a caption"
            data.report("corrupt", f"{path}:{number}", detail)
    if skipped:
        data.notes.append(
            f"Skipped {skipped} captions of {_BAD_KEY}, a known error in the "
            "official file."
        )
    return captions
