"""Your own dialogues as a table: JSONL, CSV or TSV, one line a question.

The columns are `image`, a path relative to the table; `history`, what was
asked and answered before, a string a turn; `question`; `answer`;
`candidates`, answers to choose among, the right one too, for architectures
that rank; and, if you like, `type`, `id` and `split`, one of train, val and
test. History and candidates are lists, in CSV separated by `|`. Without a
column `split`, a hash draws 80 % train, 10 % val and 10 % test; without rows
of split val, a tenth of those for training. An image's questions stay together.

    {"image": "1.jpg", "history": ["How many dogs? Two."],
     "question": "Are they black?", "answer": "no", "candidates": ["yes", "no"]}
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import files
from mmkeras.data.datasets import columns
from mmkeras.data.datasets import layout
from mmkeras.data.datasets import tabular

SOURCE = (
    "Write a table (JSONL, CSV or TSV) with the columns image, history, "
    "question, answer, candidates and split."
)
_SCHEMA = columns.SCHEMAS["dialogues"]


def scan(folder=None) -> layout.Scan:
    """Reads a table.

    Args:
        folder: The table, or a folder with one `*.jsonl`, `*.csv` or
            `*.tsv`; None for `$MMKERAS_DATA/dialogues`.

    Returns:
        A `Scan` of rows with `"image"`, a path, `"history"`, a line a turn,
        `None` at a talk's beginning, `"question"`, `"label"`, the answer,
        `"candidates"`, a line each, or `None`, `"type"` and `"group"`, the
        image; malformed lines are problems, named by line number.

    Raises:
        FileNotFoundError: If there is no such folder, or not one table.
    """
    folder = layout.locate("dialogues", folder, SOURCE)
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
    answer = values.get("answer")
    if answer is None or not str(answer).strip():
        raise ValueError("expected an answer in `answer`")
    answer = " ".join(str(answer).split())
    candidates = _listed(values, "candidates")
    if candidates and answer not in candidates:
        raise ValueError("expected the answer to be one of the `candidates`")
    image = values["image"].strip()
    return {
        "id": tabular.id_of(values, number),
        "image": files.resolve(path.parent, image),
        "history": "\n".join(_listed(values, "history")) or None,
        "question": values["question"].strip(),
        "label": answer,
        "candidates": "\n".join(candidates) or None,
        "type": values.get("type") or None,
        "group": image,
        "split": layout.split_in(values),
    }


def _listed(values, field):
    """A list of strings of one line each."""
    value = values.get(field) or []
    value = value.split("|") if isinstance(value, str) else value
    if not isinstance(value, list) or any(
        not str(one).strip() for one in value
    ):
        raise ValueError(f"expected a list of texts in `{field}`")
    return [" ".join(str(one).split()) for one in value]
