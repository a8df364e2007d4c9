"""COCO captions: 123,000 photographs of everyday scenes, five captions each.

Reads `annotations/captions_train2017.json` and `captions_val2017.json` (or
2014's), with the images in `train2017/` and `val2017/`, at the top or within
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
from mmkeras.data.datasets import dataset

SOURCE = (
    "train2017.zip, val2017.zip and annotations_trainval2017.zip can be "
    "downloaded from https://cocodataset.org/#download; unpack all into one "
    "folder."
)


def scan(folder=None) -> dataset.Dataset:
    """Reads captions and splits.

    Args:
        folder: Folder of the data; None for `$MMKERAS_DATA/coco`.

    Returns:
        A `Dataset`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    data = _scan(folder, ("train", "val"))
    for images in sorted({pathlib.Path(r["image"]).parent for r in data.rows}):
        dataset.report_unlisted_images(images, data)
    return data


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    if split == "test":
        raise ValueError(
            "COCO's test captions are not public. Received: split='test'. Use "
            "'val', or the data set 'karpathy', which has its own test split."
        )
    return _scan(folder, {split} & {"train", "val"}).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _path(folder, part):
    return folder / "annotations" / f"captions_{part}.json"


def _scan(folder, splits):
    folder = dataset.find_folder("coco", folder, SOURCE)
    data = dataset.Dataset()
    for split in splits:
        newer, older = f"{split}2017", f"{split}2014"
        is_older = not _path(folder, newer).exists()
        is_older &= _path(folder, older).exists()
        _scan_part(folder, split, older if is_older else newer, data)
    data.notes.append(
        "COCO's test captions are not public: there is no split 'test'."
    )
    return data


def _scan_part(folder, split, part, data):
    path = _path(folder, part)
    images = dataset.first_existing(
        folder / part, folder / "images" / part, folder / "images"
    )
    content = _read(path, data)
    captions = collections.defaultdict(list)
    for index, entry in enumerate(content.get("annotations", [])):
        try:
            captions[entry["image_id"]].append(entry["caption"].strip())
        except (AttributeError, KeyError, TypeError):
            detail = "expected `image_id` and `caption`"
            data.report("corrupt", f"{path}: annotations[{index}]", detail)
    for index, entry in enumerate(content.get("images", [])):
        try:
            name, key = str(entry["file_name"]), entry["id"]
        except (KeyError, TypeError):
            detail = "expected `id` and `file_name`"
            data.report("corrupt", f"{path}: images[{index}]", detail)
        else:
            data.add(name, images / name, captions.pop(key, ()), split)
    for key in captions:
        where = f"{path}: image_id {key}"
        data.report(
            "unpaired", where, "captions of an image that is not listed"
        )


def _read(path, data):
    if not path.exists():
        data.report("missing", path, "the captions")
        return {}
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        data.report("corrupt", path, f"invalid JSON: {error}")
        return {}
    if not isinstance(content, dict):
        data.report("corrupt", path, "expected a JSON object")
        return {}
    return content
