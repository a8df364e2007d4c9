"""easy-VQA: simple questions about images of one coloured shape.

`train/questions.json` and `test/questions.json` are lists of `[question,
answer, image]`, the images `<split>/images/<image>.png`. There is no
validation split: a random tenth of the training images is held out for it,
with all their questions.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = "It is the folder easy_vqa/data of github.com/vzhou842/easy-VQA."


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all questions.

    Args:
        folder: Folder with `train` and `test`; None for
            `$MMKERAS_DATA/easy_vqa`.
        seed: int. Seed of the validation split.

    Returns:
        A `Dataset` of rows with `"image"`, a path, `"question"`, `"label"`, the
        answer, `"type"`, one of yes/no, shape and color, and `"group"`, the
        image; malformed entries are reported.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("easy_vqa", folder, SOURCE)
    data = dataset.Dataset()
    for split in ("train", "test"):
        path = folder / split / "questions.json"
        entries = dataset.read_json(path, data)
        parse = functools.partial(_row, path.parent / "images", split)
        form = "[question, answer, image]"
        data.rows += data.parse_entries(path, entries, parse, form)
    data.hold_out_validation(0.1, seed)
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _row(folder, split, number, entry):
    question, answer, image = entry
    return {
        "id": f"{split}-{number}",
        "image": str(folder / f"{image}.png"),
        "question": question.strip(),
        "label": answer.strip(),
        "type": _type(question),
        "group": f"{split}-{image}",
        "split": split,
    }


def _type(question):
    """Returns the type of a question's answer."""
    words = question.casefold().split()
    if words[0] != "what":
        return "yes/no"
    return "color" if "color" in words else "shape"
