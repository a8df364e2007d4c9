"""VQA: questions about photographs of COCO, each answered by ten people.

The files by their official names, of version 2:
`v2_OpenEnded_mscoco_train2014_questions.json`,
`v2_mscoco_train2014_annotations.json`, the images
`train2014/COCO_train2014_000000000009.jpg`; and the same of val2014. The
answers of the test split are not public: val2014 is `test` here, and a random
tenth of train2014's images is `val`.
"""

import functools

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset

SOURCE = (
    "Download the files from visualqa.org/download.html and cocodataset.org."
)
_OFFICIAL_SPLITS = {"train": "train2014", "test": "val2014"}


def scan(folder=None, seed=0) -> dataset.Dataset:
    """Reads all questions and answers.

    Args:
        folder: Folder of the files; None for `$MMKERAS_DATA/vqa`.
        seed: int. Seed of the validation split.

    Returns:
        A `Dataset` of rows with `"image"`, a path, `"question"`, `"answers"`,
        those of ten annotators, `"label"`, the commonest, `"type"`, that of the
        answer (yes/no, number, other), and `"group"`, the image; `"split"`
        is train or val, parts of train2014, or test, which is val2014.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = dataset.find_folder("vqa", folder, SOURCE)
    data = dataset.Dataset()
    for split, part in _OFFICIAL_SPLITS.items():
        question_path = folder / f"v2_OpenEnded_mscoco_{part}_questions.json"
        answer_path = folder / f"v2_mscoco_{part}_annotations.json"
        if not question_path.exists() and not answer_path.exists():
            data.notes.append(f"Files not found: {part}.")
            continue
        annotations = {
            entry.get("question_id"): entry
            for entry in dataset.read_json(answer_path, data, "annotations")
            if isinstance(entry, dict)
        }
        entries = dataset.read_json(question_path, data, "questions")
        parse = functools.partial(_row, folder / part, split, annotations)
        form = "question, image_id and an annotated question_id"
        data.rows += data.parse_entries(question_path, entries, parse, form)
    data.hold_out_validation(0.1, seed)
    return data


def rows(split, folder=None, seed=0) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, seed).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _row(folder, split, annotations, _, entry):
    annotation, part = annotations[entry["question_id"]], folder.name
    image = int(entry["image_id"])
    return {
        "id": str(entry["question_id"]),
        "image": str(folder / f"COCO_{part}_{image:012d}.jpg"),
        "question": entry["question"].strip(),
        "answers": [str(each["answer"]) for each in annotation["answers"]],
        "label": str(annotation["multiple_choice_answer"]),
        "type": str(annotation["answer_type"]),
        "group": f"{part}-{image}",
        "split": split,
    }
