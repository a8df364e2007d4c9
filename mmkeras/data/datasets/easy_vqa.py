"""easy-VQA: simple questions about images of one coloured shape.

`train/questions.json` and `test/questions.json` are lists of `[question,
answer, image]`, the images `<split>/images/<image>.png`. There is no
validation part: a tenth of the training images, by the order of a seed, is
held out for it with all their questions.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = "It is the folder easy_vqa/data of github.com/vzhou842/easy-VQA."


def scan(folder=None, seed=0) -> layout.Scan:
    """Reads all questions.

    Args:
        folder: Folder with `train` and `test`; None for
            `$MMKERAS_DATA/easy_vqa`.
        seed: int. Draws the images held out for validation.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"question"`, `"label"`, the
        answer, `"type"`, one of yes/no, shape and color, and `"group"`, the
        image; entries of another form are problems.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = layout.locate("easy_vqa", folder, SOURCE)
    found = layout.Scan()
    for split in ("train", "test"):
        path = folder / split / "questions.json"
        entries = layout.entries(path, found)
        make = functools.partial(_row, path.parent / "images", split)
        form = "[question, answer, image]"
        found.rows += found.made(path, entries, make, form)
    found.hold_out(0.1, seed)
    return found


def rows(split, folder=None, seed=0) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
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
    """Says what a question asks for."""
    words = question.casefold().split()
    if words[0] != "what":
        return "yes/no"
    return "color" if "color" in words else "shape"
