"""Raw examples: the bytes of files, texts and features, as in tf.data."""

import os
import unicodedata

import numpy as np
import tensorflow as tf

from mmkeras.data import files
from mmkeras.data.decoding import frame_files

_FILES = ("image", "audio", "video")
# Keys of a row that are not modalities; `load` skips the first ones.
_METADATA = (
    *("id", "split", "group", "type", "answers", "relevance", "languages"),
)
_TARGETS = ("label", "candidates", "speaker", "transcript", "target")


def load(rows) -> tf.data.Dataset:
    """Reads the files of rows, in their order.

    Args:
        rows: List of dicts; see `mmkeras.data.datasets`. `"image"`,
            `"audio"` and `"video"` are paths, the bytes of files or arrays of
            features; a video may be a folder of images; `"captions"` is a
            list of strings; `"tabular"` is a dict; all other values are
            strings, numbers or arrays. `None` is a missing value.

    Returns:
        Dataset of dicts: files, scalar strings of their bytes, and texts,
        empty where missing; `"captions"`, strings of shape `(n,)`; features,
        NaN where missing.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("Expected at least one row. Received: rows=[]")
    fields = [name for name in rows[0] if name not in _METADATA]
    columns = {
        name: _column(name, [row.get(name) for row in rows]) for name in fields
    }
    in_files = {
        name: [not isinstance(row.get(name), bytes) for row in rows]
        for name in _FILES
        if name in columns and columns[name].dtype == tf.string
    }

    def read(columns, in_files):
        for name, is_path in in_files.items():
            columns[name] = tf.cond(
                is_path & (columns[name] != ""),
                lambda path=columns[name], name=name: _read(path, name),
                lambda data=columns[name]: data,
            )
        return columns

    dataset = tf.data.Dataset.from_tensor_slices((columns, in_files))
    return dataset.map(read, num_parallel_calls=tf.data.AUTOTUNE)


def modalities(row) -> list[str]:
    """Lists the modalities of a row that are not missing."""
    others = {*_METADATA, *_TARGETS}
    return [
        name
        for name, value in row.items()
        if name not in others and value is not None and not _is_blank(value)
    ]


def _is_blank(value):
    """Returns whether a value is a text without visible characters."""
    return isinstance(value, str) and all(
        unicodedata.category(letter)[0] in "CZ" for letter in value
    )


def _read(path, field):
    """Reads a file of a field as an operation of a data set."""

    def read(path):
        path = os.fsdecode(path)
        try:
            if field == "video" and os.path.isdir(path):
                return frame_files.pack(frame_files.names(path))
            return files.read(path)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    data = tf.numpy_function(read, [path], tf.string, stateful=False)
    data.set_shape([])
    return data


def _column(name, values):
    if name in _FILES:  # Names of files need not be UTF-8.
        values = [os.fsencode(v) if isinstance(v, str) else v for v in values]
    if name == "captions":
        return tf.ragged.constant(values, tf.string, ragged_rank=1)
    example = next((v for v in values if v is not None), "")
    if isinstance(example, np.ndarray):
        missing = np.full_like(example, np.nan)
        return tf.constant([missing if v is None else v for v in values])
    if isinstance(example, dict):
        rows = [value or {} for value in values]
        return {k: _column(k, [row.get(k) for row in rows]) for k in example}
    if isinstance(example, list):
        return tf.ragged.constant(values, tf.string, ragged_rank=1)
    missing = "" if isinstance(example, (str, bytes)) else float("nan")
    return tf.constant([missing if v is None else v for v in values])
