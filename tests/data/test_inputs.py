"""Batches of raw inputs: lists by field, or a DataFrame."""

import pathlib

import numpy as np
import pytest

from mmkeras.data import inputs


class DataFrame:
    """The part of a pandas DataFrame that the library uses."""

    def __init__(self, columns):
        self.columns = columns

    def to_dict(self, orient):
        assert orient == "list"
        return self.columns


class NAType:
    """As pandas' missing value, which is neither true nor false."""

    def __bool__(self):
        raise TypeError


def test_the_fields_of_a_data_frame_are_taken():
    array = np.ones(3)
    frame = DataFrame(
        {
            "image": [pathlib.Path("1.png"), b"2", float("nan")],
            "text": ["a", None, NAType()],
            "features": [array, None, (1.0, np.float32(2))],
            "label": ["x", "y", "z"],
        }
    )
    batch = inputs.lists(frame, ["text", "image", "features", "audio"])
    assert set(batch) == {"text", "image", "features"}
    assert batch["image"] == ["1.png", b"2", None]
    assert batch["text"] == ["a", None, None]
    assert batch["features"][0] is array
    assert batch["features"][1:] == [None, [1.0, 2.0]]


def test_a_data_frame_without_a_field_is_refused():
    with pytest.raises(ValueError, match="'picture'.*Received|Received.*pict"):
        inputs.lists(DataFrame({"picture": ["1.png"]}), ["image"])
