"""Encodes the values of one field of a split, each distinct file once."""

import dataclasses

import numpy as np

from mmkeras.data import cache
from mmkeras.data import frozen_features


@dataclasses.dataclass
class FieldArray:
    """The encoded values of one field.

    Attributes:
        array: Array `(views, distinct values, ...)`.
        place: Integers `(n,)`: index of each example's value in `array`.
        present: Booleans `(n,)`: whether each example has a value.
        errors: List of n strings, empty where the value could be read.
        cached: bool. Whether values are outputs of a branch's frozen part.
        is_text: bool. Whether values are token ids, padded with 0.
        lengths: Integers, the length of each distinct value, if the model
            takes values of any length; else `None`.
        multiple: int. Of what number batches of such values have a multiple
            of steps.
    """

    array: np.ndarray
    place: np.ndarray
    present: np.ndarray
    errors: list
    cached: bool = False
    is_text: bool = False
    lengths: np.ndarray | None = None
    multiple: int = 1

    def take(self, views, entries):
        """Values of examples, cut after the longest of them.

        Args:
            views: Integers `(n,)`, the view of each example.
            entries: Integers `(n,)`, indices of distinct values.
        """
        if self.lengths is None:
            return self.array[views, entries]
        longest = max(self.lengths[entries].max(), 1)
        longest = -(-longest // self.multiple) * self.multiple
        return self.array[views, entries, :longest]


def encode(
    codec, values, branch=None, views=("plain",), progress=None, keep=True
):
    """Encodes the values of a field.

    Args:
        codec: The field's codec.
        values: List of raw values, `None` where missing.
        branch: The `tasks.frozen_parts.Branch` on this field, or `None`. The
            outputs of its frozen part for files and texts, if any, are
            cached.
        views: Augmentations to run the frozen part on.
        progress: Function of the number of files done and the total.
        keep: bool. Whether to cache decoded files on disk.

    Returns:
        A `FieldArray`.
    """
    if codec.in_file:
        return _files(codec, values, branch, views, progress, keep)
    packed, errors = codec.try_pack(values)
    x, present, reasons = codec.encode(packed)
    reasons = [error.decode("utf-8") for error in reasons.numpy()]
    errors = [first or later for first, later in zip(errors, reasons)]
    array, place = x.numpy(), np.arange(len(values))
    present = present.numpy()
    part = branch.frozen if branch and keep else None
    if part is not None and codec.kind != "features":
        texts = [
            _text(codec, v) if has_text else None
            for v, has_text in zip(values, present)
        ]
        rows, place = _distinct(texts)
        array, _ = _features(codec, rows, branch, views, progress)
        return FieldArray(array, place, present, errors, cached=True)
    is_text = array.ndim == 2 and array.dtype == np.int32
    return FieldArray(array[None], place, present, errors, is_text=is_text)


def _files(codec, values, branch, views, progress, keep):
    """Decodes distinct files once, or runs a branch on them."""
    present = np.array([bool(value) for value in values])
    rows, place = _distinct(values)
    part = branch.frozen if branch and keep else None
    if part is not None:
        array, errors = _features(codec, rows, branch, views, progress)
    elif rows:
        array, errors = _decode(codec, rows, progress, keep)
    else:
        array, errors = np.zeros((1, 1, *codec.shape), codec.dtype), []
    reasons = {i: _message(rows[i]["image"], error) for i, error in errors}
    errors = [
        reasons.get(i, "") if value else "" for i, value in zip(place, values)
    ]
    return FieldArray(array, place, present, errors, cached=part is not None)


def _text(codec, value):
    """A text, or the turns of a dialogue as one text."""
    return codec.join(value) if isinstance(value, (list, tuple)) else value


def _distinct(values):
    """Returns rows of distinct values, and the index of each value's row."""
    distinct = dict.fromkeys(value for value in values if value)
    numbers = {value: i for i, value in enumerate(distinct)}
    rows = [{"id": i, "image": value} for value, i in numbers.items()]
    return rows, np.array([numbers.get(value, 0) for value in values])


def _features(codec, rows, branch, views, progress):
    """Returns a frozen branch's outputs, and `(number, error)` of bad files."""
    errors = []
    if not rows:
        shape = frozen_features.output_shape(branch.frozen, codec)
        return np.zeros((1, 1, *shape), "float16"), errors
    if codec.kind != "image" or branch.has_crops:
        views = ("plain",)
    array = frozen_features.compute(
        branch.frozen_in_float32,
        rows,
        codec,
        views=views,
        progress=progress,
        errors=errors,
        cache_at=branch.cache_at,
    )
    return array, errors


def _decode(codec, rows, progress, keep):
    """Returns decoded files, as one view, and `(number, error)` of bad ones."""
    if keep:
        errors = []
        array = cache.decoded(rows, codec, progress=progress, errors=errors)
    else:
        values = [row["image"] for row in rows]
        parts, reasons = zip(*cache.batches(values, codec))
        array = np.concatenate(parts)
        errors = cache.row_errors(rows, np.concatenate(reasons))
    return array[None], errors


def _message(value, error):
    """Returns the error of a file, after its path if it has one."""
    return error if isinstance(value, bytes) else f"{value}: {error}"
