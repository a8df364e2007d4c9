"""VisDial: ten questions and answers about a photograph of COCO.

The files by their official names, of version 1.0: `visdial_1.0_train.json`,
`visdial_1.0_val.json`, `visdial_1.0_val_dense_annotations.json`; the images
`train2014/COCO_train2014_000000000009.jpg`, `val2014/COCO_val2014_...` and
`VisualDialog_val2018/VisualDialog_val2018_000000000009.jpg`, or all of them
next to the JSON. The answers of the test split are not public: val is `test`
here, and a random tenth of train's images is `val`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = "The files can be downloaded from visualdialog.org/data."
_OFFICIAL_SPLITS = {"train": "train", "test": "val"}
_IMAGES = {
    "train": ("COCO_train2014", "COCO_val2014"),
    "val": ("VisualDialog_val2018",),
}
_DENSE = "visdial_1.0_val_dense_annotations.json"


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all dialogues, one row per round.

    Args:
        folder: Folder of the files; None for `$MMKERAS_DATA/visdial`.
        seed: int. Seed of the validation split.

    Returns:
        A `Dataset` of rows with `"image"`, a path, `"history"`, the caption
        and the previous rounds, one per line, `"question"`, `"label"`, the
        correct answer, `"candidates"`, a hundred answers, one per line,
        `"relevance"`, the fraction of annotators who accept each candidate,
        or `None`, and `"group"`, the image.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("visdial", folder, SOURCE)
    data = dataset.Dataset()
    for split, part in _OFFICIAL_SPLITS.items():
        path = folder / f"visdial_1.0_{part}.json"
        if not path.exists():
            data.notes.append(f"File not found: {path.name}.")
            continue
        dense = _dense(folder / _DENSE, data) if split == "test" else {}
        content = dataset.read_json(path, data, "data", dict)
        entries = content.get("dialogs", [])
        parse = functools.partial(_rows, folder, split, content, dense)
        form = "image_id, caption and dialog"
        for rows in data.parse_entries(path, entries, parse, form):
            data.rows += rows
    data.hold_out_validation(0.1, seed)
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _dense(path, data):
    """Returns relevance by image and round; some rounds are annotated."""
    if not path.exists():
        data.notes.append(f"File not found: {path.name}; NDCG is not computed.")
        return {}
    return {
        (entry["image_id"], entry["round_id"]): entry["gt_relevance"]
        for entry in dataset.read_json(path, data)
    }


def _rows(folder, split, content, dense, _, entry):
    """Returns the rows of one dialogue."""
    part = _OFFICIAL_SPLITS[split]
    questions, answers = content["questions"], content["answers"]
    image = int(entry["image_id"])
    path = _image_path(folder, part, image)
    history, rows = [_line(entry["caption"])], []
    for number, turn in enumerate(entry["dialog"], 1):
        question = _line(questions[turn["question"]])
        options = [_line(answers[i]) for i in turn["answer_options"]]
        answer = options[turn["gt_index"]]
        rows.append(
            {
                "id": f"{part}-{image}-{number}",
                "image": path,
                "history": "\n".join(history),
                "question": question,
                "label": answer,
                "candidates": "\n".join(options),
                "relevance": dense.get((image, number)),
                "group": f"{part}-{image}",
                "split": split,
            }
        )
        history.append(f"{question} {answer}")
    return rows


def _image_path(folder, part, image):
    names = [(prefix, f"{prefix}_{image:012d}.jpg") for prefix in _IMAGES[part]]
    paths = [folder / p.removeprefix("COCO_") / name for p, name in names]
    paths += [folder / name for _, name in names]
    return str(dataset.first_existing(*paths))


def _line(text):
    return " ".join(text.split())
