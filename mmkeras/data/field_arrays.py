"""Encodes the values of one field of a split, each different file once."""

import dataclasses

import numpy as np

from mmkeras.data import cache
from mmkeras.data import frozen


@dataclasses.dataclass
class FieldArray:
    """The encoded values of one field.

    Attributes:
        array: Array `(views, different values, ...)`.
        place: Integers `(n,)`: where each example's value is.
        present: Booleans `(n,)`: whether each example has a value.
        errors: List of n strings, empty where the value could be read.
        cached: bool. Whether it holds outputs of a branch's frozen part.
        is_text: bool. Whether it holds token ids, padded with 0.
    """

    array: np.ndarray
    place: np.ndarray
    present: np.ndarray
    errors: list
    cached: bool = False
    is_text: bool = False


def encode(
    codec, values, branch=None, views=("plain",), progress=None, keep=True
):
    """Encodes the values of a field.

    Args:
        codec: The field's codec.
        values: List of raw values, `None` where missing.
        branch: The `tasks.frozen_parts.Branch` on this field, or `None`.
            What its frozen part returns is kept, if it has one.
        views: Augmentations to run the frozen part on.
        progress: Function of the number of files done and in all.
        keep: bool. Whether to keep decoded files on disk.

    Returns:
        A `FieldArray`.
    """
    if codec.in_file:
        return _files(codec, values, branch, views, progress, keep)
    packed, errors = codec.try_pack(values)
    x, present, unread = codec.encode(packed)
    unread = [error.decode("utf-8") for error in unread.numpy()]
    errors = [first or later for first, later in zip(errors, unread)]
    array, place = x.numpy(), np.arange(len(values))
    is_text = array.ndim == 2 and array.dtype == np.int32
    return FieldArray(
        array[None], place, present.numpy(), errors, is_text=is_text
    )


def _files(codec, values, branch, views, progress, keep):
    """Decodes files, each different one once, or runs a branch over them."""
    present = np.array([bool(value) for value in values])
    different = list(dict.fromkeys(value for value in values if value))
    rows = [{"id": i, "image": value} for i, value in enumerate(different)]
    part = branch.frozen if branch and keep and different else None
    if part is not None:
        array, bad = _features(codec, rows, branch, views, progress)
    elif different:
        array, bad = _decoded(codec, rows, progress, keep)
    else:
        array, bad = np.zeros((1, 1, *codec.shape), codec.dtype), []
    reasons = {i: _named(different[i], error) for i, error in bad}
    numbers = {value: i for i, value in enumerate(different)}
    place = np.array([numbers.get(value, 0) for value in values])
    errors = [reasons.get(numbers[v], "") if v else "" for v in values]
    return FieldArray(array, place, present, errors, cached=part is not None)


def _features(codec, rows, branch, views, progress):
    """What a frozen branch makes of files, and `(number, error)` of some."""
    bad = []
    array = frozen.features(
        branch.frozen_in_float32,
        rows,
        codec,
        views=views if codec.kind == "image" else ("plain",),
        progress=progress,
        bad=bad,
        stem=branch.cache_at,
    )
    return array, bad


def _decoded(codec, rows, progress, keep):
    """Files decoded, as one view, and `(number, error)` of some."""
    if keep:
        bad = []
        array = cache.decoded(rows, codec, progress=progress, bad=bad)
    else:
        values = [row["image"] for row in rows]
        parts, errors = zip(*cache.batches(values, codec))
        array = np.concatenate(parts)
        bad = cache.named(rows, np.concatenate(errors))
    return array[None], bad


def _named(value, error):
    """Why a file cannot be read, and which, if it has a name."""
    return error if isinstance(value, bytes) else f"{value}: {error}"
