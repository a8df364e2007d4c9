"""CLEVR: compositional questions about rendered solids.

`questions/CLEVR_train_questions.json` and `CLEVR_val_questions.json`, the
images `images/train/CLEVR_train_000000.png`. The answers of the test split
are not public: the official validation split is `test` here, and a random
tenth of the training images is `val`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "CLEVR_v1.0 can be downloaded from cs.stanford.edu/people/jcjohns/clevr."
)
_OFFICIAL_SPLITS = {"train": "train", "test": "val"}
# The last function of a question's program determines its type.
_TYPES = {
    "exist": "exist",
    "count": "count",
    "equal_integer": "compare numbers",
    "less_than": "compare numbers",
    "greater_than": "compare numbers",
}


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all questions.

    Args:
        folder: The folder `CLEVR_v1.0`, or the one around it; None for
            `$MMKERAS_DATA/clevr`.
        seed: int. Seed of the validation split.

    Returns:
        A `Dataset` of rows with `"image"`, a path, `"question"`, `"label"`,
        the answer, `"type"`, the question type of the paper, and `"group"`,
        the image.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("clevr", folder, SOURCE)
    folder = dataset.first_existing(folder / "CLEVR_v1.0", folder)
    data = dataset.Dataset()
    for split, part in _OFFICIAL_SPLITS.items():
        path = folder / "questions" / f"CLEVR_{part}_questions.json"
        if not path.exists():
            data.notes.append(f"File not found: {path.name}.")
            continue
        entries = dataset.read_json(path, data, "questions")
        parse = functools.partial(_row, folder / "images" / part, split)
        form = "image_filename, question, answer and program"
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
    """Returns the type of a question, by the last function of its program."""
    if not program:
        return None
    last = program[-1]
    name = last.get("function") or last["type"]
    if name.startswith("query_"):
        return "query attribute"
    if name.startswith("equal_") and name not in _TYPES:
        return "compare attribute"
    return _TYPES.get(name, name)
