"""VQA: questions about photographs of COCO, each answered by ten people.

The files by their official names, of version 2:
`v2_OpenEnded_mscoco_train2014_questions.json`,
`v2_mscoco_train2014_annotations.json`, the images
`train2014/COCO_train2014_000000000009.jpg`; and the same of val2014. The
answers of the test split are not public: val2014 is `test` here, and a tenth
of train2014's images, by the order of a seed, is `val`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "Download the files from visualqa.org/download.html and cocodataset.org."
)
_PARTS = {"train": "train2014", "test": "val2014"}


def scan(folder=None, seed=0) -> layout.Scan:
    """Reads all questions and answers.

    Args:
        folder: Folder of the files; None for `$MMKERAS_DATA/vqa`.
        seed: int. Draws the tenth of train2014's images that is `val`.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"question"`, `"answers"`,
        those of ten people, `"label"`, the commonest, `"type"`, that of the
        answer (yes/no, number, other), and `"group"`, the image; `"split"`
        is train or val, parts of train2014, or test, which is val2014.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = layout.locate("vqa", folder, SOURCE)
    found = layout.Scan()
    for split, part in _PARTS.items():
        asked = folder / f"v2_OpenEnded_mscoco_{part}_questions.json"
        told = folder / f"v2_mscoco_{part}_annotations.json"
        if not asked.exists() and not told.exists():
            found.notes.append(f"Files not found: {part}.")
            continue
        answers = {
            entry.get("question_id"): entry
            for entry in layout.entries(told, found, "annotations")
            if isinstance(entry, dict)
        }
        entries = layout.entries(asked, found, "questions")
        make = functools.partial(_row, folder / part, split, answers)
        form = "question, image_id and an annotated question_id"
        found.rows += found.made(asked, entries, make, form)
    found.hold_out(0.1, seed)
    return found


def rows(split, folder=None, seed=0) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _row(folder, split, answers, _, asked):
    told, part = answers[asked["question_id"]], folder.name
    image = int(asked["image_id"])
    return {
        "id": str(asked["question_id"]),
        "image": str(folder / f"COCO_{part}_{image:012d}.jpg"),
        "question": asked["question"].strip(),
        "answers": [str(each["answer"]) for each in told["answers"]],
        "label": str(told["multiple_choice_answer"]),
        "type": str(told["answer_type"]),
        "group": f"{part}-{image}",
        "split": split,
    }
