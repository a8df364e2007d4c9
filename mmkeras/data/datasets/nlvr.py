"""NLVR: is the sentence true of the image?

`train/train.json`, `dev/dev.json` and `test/test.json`, one JSON object per
line, the images `<split>/images/<directory>/<split>-<identifier>-<n>.png`:
six of each scene, with its boxes in different orders. Training uses all six,
validation (dev) and test the first that exists.
"""

import json

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = "It is the folder nlvr of github.com/lil-lab/nlvr."
_FORM_ERRORS = (
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
_OFFICIAL_SPLITS = {"train": "train", "dev": "val", "test": "test"}


def scan(folder=None) -> dataset.Dataset:
    """Reads all sentences.

    Args:
        folder: Folder with `train`, `dev` and `test`; None for
            `$MMKERAS_DATA/nlvr`.

    Returns:
        A `Dataset` of rows with `"image"`, a path, `"question"`, the sentence,
        `"label"`, true or false, and `"group"`, the sentence, which occurs
        with several scenes.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("nlvr", folder, SOURCE)
    data = dataset.Dataset()
    for part, split in _OFFICIAL_SPLITS.items():
        path = folder / part / f"{part}.json"
        if not path.exists():
            data.notes.append(f"File not found: {path.name}.")
            continue
        for number, line in dataset.lines(path, data):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                rows = _rows(folder / part / "images", part, entry)
            except _FORM_ERRORS as error:
                where = f"{path}:{number}"
                data.report(
                    "corrupt",
                    where,
                    f"expected identifier, label and sentence: {error!r}",
                )
                continue
            rows = rows if split == "train" else rows[:1]
            data.rows += [{**row, "split": split} for row in rows]
    return data


def rows(split, folder=None) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _rows(folder, part, entry):
    """Returns a row for each image of a scene, or one if none exists."""
    name = str(entry["identifier"])
    label = str(entry["label"]).lower()
    if label not in ("true", "false"):
        raise ValueError(
            f"expected the label true or false. Received: {label!r}"
        )
    home = folder / str(entry.get("directory", ""))
    paths = [home / f"{part}-{name}-{i}.png" for i in range(6)]
    existing = [path for path in paths if path.exists()] or paths[:1]
    return [
        {
            "id": path.stem,
            "image": str(path),
            "question": entry["sentence"].strip(),
            "label": label,
            "group": f"{part}-{name.split('-')[0]}",
        }
        for path in existing
    ]
