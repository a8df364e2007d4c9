"""Checks that the training texts of a data set give a vocabulary."""

from mmkeras.data import codecs
from mmkeras.data import examples
from mmkeras.data.problems import Problem

_MINIMUM = 2  # Default of `data.min_count`.
_MINIMUM_OF_CAPTIONS = 5


def problems(rows):
    """Checks the texts that an architecture needs.

    Args:
        rows: Rows of a data set of your own.

    Yields:
        A `Problem` of kind `empty`, if texts are the only modality, or are
        captions or questions, and no word occurs often enough in training.
    """
    train = [row for row in rows if row["split"] == "train"]
    fields = {field for row in train for field in examples.modalities(row)}
    if fields & {"captions", "question"} or fields == {"text"}:
        minimum = _MINIMUM_OF_CAPTIONS if "captions" in fields else _MINIMUM
        # Only training on dialogues treats "?" as a word.
        punctuation = "keep" if "history" in train[0] else "drop"
        options = {"punctuation": punctuation}
        if "captions" not in fields:
            options["emoji"] = "keep"
        texts = [text for row in train for text in _texts(row)]
        if texts and not _has_words(texts, minimum, options):
            detail = (
                f"no word occurs at least {minimum} times in the {len(texts)} "
                "training texts, so the vocabulary is empty: add rows, or "
                "train with `data.min_count=1`"
            )
            yield Problem("empty", "text", detail)


def _has_words(texts, minimum, options):
    try:
        codecs.Text.from_texts(texts, minimum=minimum, **options)
    except ValueError:
        return False
    return True


def _texts(row):
    """Returns a row's texts: captions; or a question, history and answer."""
    texts = [row.get(field) for field in ("text", "history", "question")]
    if "history" in row:
        texts.append(row["label"])
    return [text for text in [*texts, *row.get("captions", [])] if text]
