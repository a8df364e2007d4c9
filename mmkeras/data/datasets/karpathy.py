"""Karpathy's splits of Flickr8k, Flickr30k and COCO, as papers report them.

Reads `dataset_flickr8k.json`, `dataset_flickr30k.json` or
`dataset_coco.json`. COCO's "restval" counts as training data. The images
are looked for beside the file, in the folder that an entry names
(`filepath`), in `images/`, or in the folder of the original data set.

Reference: Karpathy and Fei-Fei (2015), Deep Visual-Semantic Alignments for
Generating Image Descriptions, https://arxiv.org/abs/1412.2306
"""

import json

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

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


def scan(folder=None) -> layout.Scan:
    """Reads captions and splits.

    Args:
        folder: The folder with one `dataset*.json`, or that file itself;
            None for `$MMKERAS_DATA/karpathy`.

    Returns:
        A `Scan`.

    Raises:
        FileNotFoundError: If there is no such folder, or not one such file.
    """
    folder = layout.locate("karpathy", folder, SOURCE)
    path = layout.only_file(folder, "dataset*.json")
    found, places = layout.Scan(), {}
    for index, entry in enumerate(_entries(path, found)):
        try:
            name, part = entry["filename"], entry.get("filepath", "")
            captions = [_caption(sentence) for sentence in entry["sentences"]]
            split = layout.split_named(entry["split"])
        except (AttributeError, KeyError, TypeError):
            detail = "expected `filename`, `split` and `sentences`"
            found.blame("corrupt", f"{path}: images[{index}]", detail)
            continue
        if part not in places:
            places[part] = _place(path.parent, part, name)
        found.add(name, places[part] / name, captions, split)
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _entries(path, found):
    try:
        return json.loads(path.read_bytes())["images"]
    except (KeyError, TypeError, ValueError) as error:
        detail = f"expected a JSON object with `images`: {error!r}"
        found.blame("corrupt", path, detail)
        return []


def _caption(sentence):
    return sentence.get("raw") or " ".join(sentence["tokens"])


def _place(folder, part, name):
    """Finds the folder of the images by the first of them."""
    parts = [part, f"images/{part}"] if part else []
    places = [folder / place for place in (*parts, *_FOLDERS)]
    return next((p for p in places if (p / name).exists()), places[0])
