"""Your own questions as a table: JSONL, CSV or TSV, one line a question.

The columns are `image`, a path relative to the table; `question`; `answer`,
or `answers` of several people (in JSONL a list, in CSV separated by `|`); and,
if you like, `type`, `id` and `split`, one of train, val and test. Without a
column `split`, a hash draws 80 % train, 10 % val and 10 % test; without rows
of split val, a tenth of those for training. An image's questions stay together.

    {"image": "1.jpg", "question": "How many dogs?", "answers": ["2", "two"]}

    image,question,answer,split
    1.jpg,How many dogs?,2,train
"""

import collections

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import files
from mmkeras.data.datasets import columns
from mmkeras.data.datasets import layout
from mmkeras.data.datasets import tabular

SOURCE = (
    "Write a table (JSONL, CSV or TSV) with the columns image, question, "
    "answer (or answers) and split."
)
_SCHEMA = columns.SCHEMAS["questions"]


def scan(folder=None) -> layout.Scan:
    """Reads a table.

    Args:
        folder: The table, or a folder with one `*.jsonl`, `*.csv` or
            `*.tsv`; None for `$MMKERAS_DATA/questions`.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"question"`, `"label"`, the
        commonest answer, `"answers"`, if there are several people's, `"type"`
        and `"group"`, the image; malformed lines are problems, named by
        line number.

    Raises:
        FileNotFoundError: If there is no such folder, or not one table.
    """
    folder = layout.locate("questions", folder, SOURCE)
    path = layout.only_file(folder, *tabular.PATTERNS)
    found, places = layout.Scan(), []
    for number, values in tabular.lines(path, found, _SCHEMA):
        try:
            found.rows.append(_row(path, number, values))
        except ValueError as error:
            found.skip(f"{path}:{number}", str(error))
        else:
            places.append(f"{path}:{number}")
    found.assign_splits(places)
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _row(path, number, values):
    """Checks one line."""
    tabular.check_texts(values, "image", "question")
    answers = values.get("answers") or values.get("answer")
    answers = answers if isinstance(answers, list) else [answers]
    answers = [str(x).strip() for x in answers if x is not None]
    if not answers or not all(answers):
        raise ValueError("expected an answer in `answer` or `answers`")
    image = values["image"].strip()
    [(commonest, _)] = collections.Counter(answers).most_common(1)
    return {
        "id": tabular.id_of(values, number),
        "image": files.resolve(path.parent, image),
        "question": values["question"].strip(),
        "label": commonest,
        "answers": answers if len(answers) > 1 else None,
        "type": values.get("type") or None,
        "group": image,
        "split": layout.split_in(values),
    }
