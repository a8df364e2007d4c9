"""NLVR: is the sentence true of the image?

`train/train.json`, `dev/dev.json` and `test/test.json`, one JSON object a
line, the images `<split>/images/<directory>/<split>-<identifier>-<n>.png`:
six of each scene, its boxes in another order. Training takes all six,
validation (dev) and test the first that is there.
"""

import json

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = "It is the folder nlvr of github.com/lil-lab/nlvr."
_OF_ANOTHER_FORM = (
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
_PARTS = {"train": "train", "dev": "val", "test": "test"}


def scan(folder=None) -> layout.Scan:
    """Reads all sentences.

    Args:
        folder: Folder with `train`, `dev` and `test`; None for
            `$MMKERAS_DATA/nlvr`.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"question"`, the sentence,
        `"label"`, true or false, and `"group"`, the sentence, which is told of
        several scenes.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = layout.locate("nlvr", folder, SOURCE)
    found = layout.Scan()
    for part, split in _PARTS.items():
        path = folder / part / f"{part}.json"
        if not path.exists():
            found.notes.append(f"File not found: {path.name}.")
            continue
        for number, line in layout.lines(path, found):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                made = _rows(folder / part / "images", part, entry)
            except _OF_ANOTHER_FORM as error:
                where = f"{path}:{number}"
                found.blame(
                    "corrupt",
                    where,
                    f"expected identifier, label and sentence: {error!r}",
                )
                continue
            made = made if split == "train" else made[:1]
            found.rows += [{**row, "split": split} for row in made]
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _rows(folder, part, entry):
    """A row for each image of a scene; one, if none is there."""
    name = str(entry["identifier"])
    label = str(entry["label"]).lower()
    if label not in ("true", "false"):
        raise ValueError(
            f"expected the label true or false. Received: {label!r}"
        )
    home = folder / str(entry.get("directory", ""))
    paths = [home / f"{part}-{name}-{i}.png" for i in range(6)]
    there = [path for path in paths if path.exists()] or paths[:1]
    return [
        {
            "id": path.stem,
            "image": str(path),
            "question": entry["sentence"].strip(),
            "label": label,
            "group": f"{part}-{name.split('-')[0]}",
        }
        for path in there
    ]
