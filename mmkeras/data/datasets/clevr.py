"""CLEVR: questions about rendered solids that need several steps of thought.

`questions/CLEVR_train_questions.json` and `CLEVR_val_questions.json`, the
images `images/train/CLEVR_train_000000.png`. The answers of the test split
are not public: the official validation split is `test` here, and a tenth of
the training images, by the order of a seed, is `val`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "CLEVR_v1.0 can be downloaded from cs.stanford.edu/people/jcjohns/clevr."
)
_PARTS = {"train": "train", "test": "val"}
# The last function of a question's program says what kind it is.
_TYPES = {
    "exist": "exist",
    "count": "count",
    "equal_integer": "compare numbers",
    "less_than": "compare numbers",
    "greater_than": "compare numbers",
}


def scan(folder=None, seed=0) -> layout.Scan:
    """Reads all questions.

    Args:
        folder: The folder `CLEVR_v1.0`, or the one around it; None for
            `$MMKERAS_DATA/clevr`.
        seed: int. Draws the images held out for validation.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"question"`, `"label"`, the
        answer, `"type"`, as the paper tells them apart, and `"group"`, the
        image.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = layout.locate("clevr", folder, SOURCE)
    folder = layout.first_existing(folder / "CLEVR_v1.0", folder)
    found = layout.Scan()
    for split, part in _PARTS.items():
        path = folder / "questions" / f"CLEVR_{part}_questions.json"
        if not path.exists():
            found.notes.append(f"File not found: {path.name}.")
            continue
        entries = layout.entries(path, found, "questions")
        make = functools.partial(_row, folder / "images" / part, split)
        form = "image_filename, question, answer and program"
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
    image, part = entry["image_filename"], folder.name
    return {
        "id": f"{part}-{entry.get('question_index', number)}",
        "image": str(folder / image),
        "question": entry["question"].strip(),
        "label": str(entry["answer"]),
        "type": _type(entry.get("program")),
        "group": f"{part}-{image}",
        "split": split,
    }


def _type(program):
    """Says what kind a question is, by the last function of its program."""
    if not program:
        return None
    last = program[-1]
    name = last.get("function") or last["type"]
    if name.startswith("query_"):
        return "query attribute"
    if name.startswith("equal_") and name not in _TYPES:
        return "compare attribute"
    return _TYPES.get(name, name)
