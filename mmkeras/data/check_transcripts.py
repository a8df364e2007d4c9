"""Finds recordings that are too short for what is spoken in them."""

import math

import numpy as np

from mmkeras.data import codecs
from mmkeras.data.codecs.durations import duration
from mmkeras.data.problems import Problem

_STEP = 0.04  # Seconds per step of the zoo's encoders of speech.


def problems(rows):
    """Finds transcripts that CTC cannot align: longer than their audio.

    An encoder of speech has a step per 40 ms, and CTC needs a step per
    character, and one between two equal ones. Training skips such rows.

    Args:
        rows: Rows of a data set.

    Yields:
        `Problem`s of the kind `short`.
    """
    rows = [row for row in rows if is_transcript(row)]
    if not rows:
        return
    codec = codecs.Text([], split="characters")
    texts = codec.tokenize([row["text"].encode("utf-8") for row in rows])
    for row, characters in zip(rows, texts.to_list()):
        seconds = duration(row["audio"])
        needed = _steps(characters)
        if seconds is not None and needed > math.ceil(seconds / _STEP):
            where = row["audio"] if isinstance(row["audio"], str) else row["id"]
            yield Problem(
                "short",
                where,
                f"{seconds:.2f} s, {math.ceil(seconds / _STEP)} steps of 40 "
                f"ms, are too short for a text that needs {needed}, and "
                "skipped in training: correct the text or the recording, or "
                "remove the row",
            )


def is_transcript(row):
    """Whether a row is a recording and what is spoken in it, and no more."""
    others = {"label", "image", "captions"}
    values = row.get("audio"), row.get("text")
    is_file = isinstance(values[0], str | bytes)  # Not an array of features.
    return is_file and all(values) and not others & {*row}


def _steps(characters):
    values = np.array(characters)
    return len(values) + int(np.sum(values[1:] == values[:-1]))
