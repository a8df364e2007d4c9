"""Karpathy's splits of Flickr8k, Flickr30k and COCO, as papers report them.

Reads `dataset_flickr8k.json`, `dataset_flickr30k.json` or
`dataset_coco.json`. COCO's "restval" counts as training data. The images
are looked for next to the file, in the folder that an entry names
(`filepath`), in `images/`, or in the folder of the original data set.

Reference: Karpathy and Fei-Fei (2015), Deep Visual-Semantic Alignments for
Generating Image Descriptions, https://arxiv.org/abs/1412.2306
"""

import json

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "The file dataset_*.json is in caption_datasets.zip at "
    "https://cs.stanford.edu/people/karpathy/deepimagesent/; put it next to "
    "the folder of images."
)
_FOLDERS = (
    "images",
    "Flicker8k_Dataset",
    "Flickr8k_Dataset",
    "flickr30k_images",
    "flickr30k-images",
    "",
)


def scan(folder=None) -> dataset.Dataset:
    """Reads captions and splits.

    Args:
        folder: The folder with one `dataset*.json`, or that file itself;
            None for `$MMKERAS_DATA/karpathy`.

    Returns:
        A `Dataset`.

    Raises:
        FileNotFoundError: If there is no such folder, or not one such file.
    """
    folder = dataset.find_folder("karpathy", folder, SOURCE)
    path = dataset.only_file(folder, "dataset*.json")
    data, folders = dataset.Dataset(), {}
    for index, entry in enumerate(_entries(path, data)):
        try:
            name, part = entry["filename"], entry.get("filepath", "")
            captions = [_caption(sentence) for sentence in entry["sentences"]]
            split = dataset.canonical_split(entry["split"])
        except (AttributeError, KeyError, TypeError):
            detail = "expected `filename`, `split` and `sentences`"
            data.report("corrupt", f"{path}: images[{index}]", detail)
            continue
        if part not in folders:
            folders[part] = _image_folder(path.parent, part, name)
        data.add(name, folders[part] / name, captions, split)
    return data


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _entries(path, data):
    try:
        return json.loads(path.read_bytes())["images"]
    except (KeyError, TypeError, ValueError) as error:
        detail = f"expected a JSON object with `images`: {error!r}"
        data.report("corrupt", path, detail)
        return []


def _caption(sentence):
    return sentence.get("raw") or " ".join(sentence["tokens"])


def _image_folder(folder, part, name):
    """Finds the folder of the images by the first of them."""
    parts = [part, f"images/{part}"] if part else []
    folders = [folder / name for name in (*parts, *_FOLDERS)]
    return next((p for p in folders if (p / name).exists()), folders[0])
