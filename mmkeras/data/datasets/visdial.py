"""VisDial: ten questions and answers about a photograph of COCO.

The files by their official names, of version 1.0: `visdial_1.0_train.json`,
`visdial_1.0_val.json`, `visdial_1.0_val_dense_annotations.json`; the images
`train2014/COCO_train2014_000000000009.jpg`, `val2014/COCO_val2014_...` and
`VisualDialog_val2018/VisualDialog_val2018_000000000009.jpg`, or all of them
beside the JSON. The answers of the test split are not public: val is `test`
here, and a tenth of train's images, by the order of a seed, is `val`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = "The files can be downloaded from visualdialog.org/data."
_PARTS = {"train": "train", "test": "val"}
_IMAGES = {
    "train": ("COCO_train2014", "COCO_val2014"),
    "val": ("VisualDialog_val2018",),
}
_DENSE = "visdial_1.0_val_dense_annotations.json"


def scan(folder=None, seed=0) -> layout.Scan:
    """Reads all talks, a row a round.

    Args:
        folder: Folder of the files; None for `$MMKERAS_DATA/visdial`.
        seed: int. Draws the tenth of train's images that is `val`.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"history"`, the caption and
        the rounds before, a line each, `"question"`, `"label"`, the right
        answer, `"candidates"`, a hundred of them, a line each,
        `"relevance"`, how many people found each candidate right, or `None`,
        and `"group"`, the image.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = layout.locate("visdial", folder, SOURCE)
    found = layout.Scan()
    for split, part in _PARTS.items():
        path = folder / f"visdial_1.0_{part}.json"
        if not path.exists():
            found.notes.append(f"File not found: {path.name}.")
            continue
        dense = _dense(folder / _DENSE, found) if split == "test" else {}
        content = layout.entries(path, found, "data", dict)
        entries = content.get("dialogs", [])
        make = functools.partial(_rows, folder, split, content, dense)
        form = "image_id, caption and dialog"
        for rows in found.made(path, entries, make, form):
            found.rows += rows
    found.hold_out(0.1, seed)
    return found


def rows(split, folder=None, seed=0) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _dense(path, found):
    """Relevance by image and round; only some rounds were annotated."""
    if not path.exists():
        found.notes.append(
            f"File not found: {path.name}; NDCG is not computed."
        )
        return {}
    return {
        (entry["image_id"], entry["round_id"]): entry["gt_relevance"]
        for entry in layout.entries(path, found)
    }


def _rows(folder, split, content, dense, _, entry):
    """The rows of one dialog."""
    part = _PARTS[split]
    questions, answers = content["questions"], content["answers"]
    image = int(entry["image_id"])
    path = _image_path(folder, part, image)
    said, made = [_line(entry["caption"])], []
    for number, turn in enumerate(entry["dialog"], 1):
        question = _line(questions[turn["question"]])
        options = [_line(answers[i]) for i in turn["answer_options"]]
        answer = options[turn["gt_index"]]
        made.append(
            {
                "id": f"{part}-{image}-{number}",
                "image": path,
                "history": "\n".join(said),
                "question": question,
                "label": answer,
                "candidates": "\n".join(options),
                "relevance": dense.get((image, number)),
                "group": f"{part}-{image}",
                "split": split,
            }
        )
        said.append(f"{question} {answer}")
    return made


def _image_path(folder, part, image):
    names = [(prefix, f"{prefix}_{image:012d}.jpg") for prefix in _IMAGES[part]]
    paths = [folder / p.removeprefix("COCO_") / name for p, name in names]
    paths += [folder / name for _, name in names]
    return str(layout.first_existing(*paths))


def _line(text):
    return " ".join(text.split())
