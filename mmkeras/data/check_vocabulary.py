"""Checks that a vocabulary can be made of a data set's training texts."""

from mmkeras.data import codecs
from mmkeras.data import examples
from mmkeras.data.problems import Problem

_MINIMUM = 2  # How often training wants a word to occur, by default.


def problems(rows):
    """Checks the texts that an architecture needs.

    Args:
        rows: Rows of a data set of your own with `"label"`.

    Yields:
        A `Problem` of kind `empty`, if texts are all that there is, or are
        questions, and no word occurs twice in training.
    """
    train = [row for row in rows if row["split"] == "train"]
    asked = any("question" in row for row in train)
    texts = [_text(row) for row in train if examples.modalities(row)]
    needed = asked or {f for r in train for f in examples.modalities(r)} == {
        "text"
    }
    if not needed:
        return
    options = {"emoji": "keep", "punctuation": "keep" if asked else "drop"}
    try:
        codecs.Words.from_texts(texts, minimum=_MINIMUM, **options)
    except ValueError:
        detail = (
            f"no word occurs {_MINIMUM} times in the {len(texts)} training "
            "texts, so there is no vocabulary: add rows, or train with "
            "`--minimum 1`"
        )
        yield Problem("empty", "text", detail)


def _text(row):
    """The words of a row: a text; or a question, its history and answer."""
    parts = [row.get(field) for field in ("text", "history", "question")]
    if "history" in row:
        parts.append(row["label"])
    return " ".join(part for part in parts if part)
