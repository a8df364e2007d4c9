"""Weights of a file in half the size."""

import os
import pathlib

import h5py
import numpy as np

from mmkeras.files import atomic

_LARGEST = float(np.finfo("float16").max)


def convert(path):
    """Converts the matrices in a `.weights.h5` file to float16, in place.

    Vectors, such as biases and the statistics of a normalization, stay in
    float32, as do matrices with values that float16 cannot represent.

    Args:
        path: The file.
    """
    path = pathlib.Path(path)
    part = atomic.temporary(path)
    try:
        with h5py.File(path) as source, h5py.File(part, "w") as target:
            _copy(source, target)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _copy(source, target):
    """Copies a group with all it contains."""
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy(item, target.create_group(name))
            continue
        copy = target.create_dataset(name, data=_half(item[()]))
        for key, value in item.attrs.items():
            copy.attrs[key] = value


def _half(values):
    values = np.asarray(values)
    if values.dtype != np.float32 or values.ndim < 2:
        return values
    if not values.size or np.abs(values).max() > _LARGEST:
        return values
    if not np.isfinite(values).all():
        return values
    return values.astype("float16")
