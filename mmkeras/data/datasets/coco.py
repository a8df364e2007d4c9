"""COCO captions: 123,000 photographs of everyday scenes, five captions each.

Reads `annotations/captions_train2017.json` and `captions_val2017.json` (or
2014's), with the images in `train2017/` and `val2017/`, alone or within
`images/`, or all in `images/`. The test captions are not public; for the
split that papers report, use Karpathy's (`karpathy`).

Reference: Chen et al. (2015), Microsoft COCO Captions,
https://arxiv.org/abs/1504.00325
"""

import collections
import json
import pathlib

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "train2017.zip, val2017.zip and annotations_trainval2017.zip can be "
    "downloaded from https://cocodataset.org/#download; unpack all into one "
    "folder."
)


def scan(folder=None) -> layout.Scan:
    """Reads captions and splits.

    Args:
        folder: Where the data lies; None for `$MMKERAS_DATA/coco`.

    Returns:
        A `Scan`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    found = _scan(folder, ("train", "val"))
    for images in sorted({pathlib.Path(r["image"]).parent for r in found.rows}):
        layout.blame_others(images, found)
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    if split == "test":
        raise ValueError(
            "COCO's test captions are not public. Received: split='test'. Use "
            "'val', or the data set 'karpathy', which has its own test split."
        )
    return _scan(folder, {split} & {"train", "val"}).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _path(folder, part):
    return folder / "annotations" / f"captions_{part}.json"


def _scan(folder, splits):
    folder = layout.locate("coco", folder, SOURCE)
    found = layout.Scan()
    for split in splits:
        newer, older = f"{split}2017", f"{split}2014"
        is_older = not _path(folder, newer).exists()
        is_older &= _path(folder, older).exists()
        _scan_part(folder, split, older if is_older else newer, found)
    found.notes.append(
        "COCO's test captions are not public: there is no split 'test'."
    )
    return found


def _scan_part(folder, split, part, found):
    path = _path(folder, part)
    images = layout.first_existing(
        folder / part, folder / "images" / part, folder / "images"
    )
    content = _read(path, found)
    captions = collections.defaultdict(list)
    for index, entry in enumerate(content.get("annotations", [])):
        try:
            captions[entry["image_id"]].append(entry["caption"].strip())
        except (AttributeError, KeyError, TypeError):
            detail = "expected `image_id` and `caption`"
            found.blame("corrupt", f"{path}: annotations[{index}]", detail)
    for index, entry in enumerate(content.get("images", [])):
        try:
            name, key = str(entry["file_name"]), entry["id"]
        except (KeyError, TypeError):
            detail = "expected `id` and `file_name`"
            found.blame("corrupt", f"{path}: images[{index}]", detail)
        else:
            found.add(name, images / name, captions.pop(key, ()), split)
    for key in captions:
        where = f"{path}: image_id {key}"
        found.blame(
            "unpaired", where, "captions of an image that is not listed"
        )


def _read(path, found):
    if not path.exists():
        found.blame("missing", path, "the captions")
        return {}
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        found.blame("corrupt", path, f"invalid JSON: {error}")
        return {}
    if not isinstance(content, dict):
        found.blame("corrupt", path, "expected a JSON object")
        return {}
    return content
