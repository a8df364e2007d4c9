"""Checks the inputs that are not files: arrays, texts, captions."""

import collections

import numpy as np

from mmkeras.data import codecs
from mmkeras.data import examples
from mmkeras.data.problems import Problem


def problems(rows, captioned=True):
    """Checks rows without reading their files.

    Args:
        rows: Rows of a data set.
        captioned: bool. Whether to report images without captions.

    Yields:
        `Problem`s: features that are not finite, or whose shape differs from
        most others of their field (`corrupt`); examples without any input, and
        empty captions (`empty`); captions that an image has twice
        (`duplicate`); and images without captions (`unpaired`).
    """
    yield from _other_shapes(rows)
    for row, blank in zip(rows, _blank_texts(rows)):
        fields = examples.modalities(row)
        if not fields or (blank and fields == ["text"]):
            yield Problem(
                "empty",
                row["id"],
                "example has no input: all modalities are missing",
            )
        for name in fields:
            value = row[name]
            bad = isinstance(value, np.ndarray) and not np.isfinite(value).all()
            if bad:
                detail = f"{name} has values that are not finite"
                yield Problem("corrupt", row["id"], detail)
        if "captions" in row:
            yield from _captions(row, captioned)


def _captions(row, captioned):
    if captioned and not row["captions"]:
        yield Problem("unpaired", row["id"], "an image without captions")
    numbers = {}
    for number, caption in enumerate(row["captions"], 1):
        first = numbers.setdefault(caption.casefold(), number)
        if not caption:
            yield Problem("empty", row["id"], f"caption {number} is empty")
        elif first != number:
            detail = f"caption {number} repeats caption {first}"
            yield Problem("duplicate", row["id"], detail)


def _blank_texts(rows):
    """Returns whether each row's text has no words, e.g. white space."""
    texts = [row.get("text") for row in rows]
    if not all(isinstance(text, str | None) for text in texts) or not any(
        texts
    ):
        return [False] * len(rows)
    words = codecs.Text([], emoji="keep")
    _, present, _ = words.encode(words.pack(texts))
    return (~present.numpy()).tolist()


def _other_shapes(rows):
    """Reports features whose shape differs from most of their field."""
    arrays = collections.defaultdict(list)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, np.ndarray) and value.ndim in (1, 2):
                arrays[name].append((row, value))
    for name, pairs in arrays.items():
        train = [value for row, value in pairs if row["split"] == "train"]
        codec = codecs.Features.from_arrays(train or [v for _, v in pairs])
        for row, value in pairs:
            if not codec.fits(value):
                detail = (
                    f"{name} has shape {value.shape}, most other rows have "
                )
                detail += str(codec.expected)
                yield Problem("corrupt", row["id"], detail)
