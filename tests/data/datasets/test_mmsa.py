import os
import pickle

import numpy as np
import pytest

from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.data.datasets import mmsa

SIZES = {"text": 4, "audio": 3, "vision": 2}


def part(count, rng, steps=5):
    """One split, as MMSA writes it."""
    features = {
        name: rng.normal(size=(count, steps, size))
        for name, size in SIZES.items()
    }
    return {
        **features,
        "raw_text": np.array([f"words {i}" for i in range(count)], object),
        "id": np.array([f"v{i // 2}$_${i}" for i in range(count)]),
        "regression_labels": rng.uniform(-3, 3, count).astype("float32"),
        "annotations": ["Positive"] * count,
    }


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    counts = {"train": 6, "valid": 2, "test": 3}
    return {name: part(count, rng) for name, count in counts.items()}


def write(folder, data):
    (folder / "aligned_50.pkl").write_bytes(pickle.dumps(data, 4))


def test_rows_are_those_of_the_arrays(tmp_path, data):
    write(tmp_path, data)
    for split, name in (("train", "train"), ("val", "valid"), ("test", "test")):
        rows = mmsa.rows(split, tmp_path)
        assert len(rows) == len(data[name]["id"])
        for i, row in enumerate(rows):
            for field, key in (("text", "text"), ("video", "vision")):
                assert row[field].dtype == "float32"
                np.testing.assert_array_equal(
                    row[field], data[name][key][i].astype("float32")
                )
            assert row["transcript"] == f"words {i}"
            assert row["label"] == data[name]["regression_labels"][i]
    labels = [row["label"] for row in mmsa.rows("train", tmp_path)]
    assert codecs.Labels.from_values(labels).kind == "number"


def test_padding_and_values_that_are_not_finite_become_zero(tmp_path, data):
    data["train"]["audio_lengths"] = [5, 2, 1, 5, 5, 5]
    data["train"]["audio"][0, 1, 2] = -np.inf
    data["train"]["vision"][0, 0, 0] = np.nan
    write(tmp_path, data)
    rows = mmsa.rows("train", tmp_path)
    assert not rows[1]["audio"][2:].any() and rows[1]["audio"][:2].all()
    assert not rows[2]["audio"][1:].any()
    assert rows[0]["audio"][1, 2] == 0 == rows[0]["video"][0, 0]
    assert np.count_nonzero(rows[0]["audio"]) == 5 * 3 - 1
    report = check.check("mmsa", tmp_path)
    assert report.ok, report.problems
    assert report.notes == [
        "train: 2 values that are not finite are replaced by 0."
    ]
    assert report.counts["splits"] == {"train": 6, "val": 2, "test": 3}
    assert set(report.counts["label"]) == {"min", "max"}
    assert len(list(mmsa.load("train", tmp_path))) == 6


class Runs:
    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_file_that_would_run_something_is_refused(tmp_path, data):
    data["train"]["id"] = Runs(str(tmp_path / "mark"))
    write(tmp_path, data)
    with pytest.raises(
        ValueError, match="it refers to 'posix.mkdir'|'nt.mkdir'"
    ):
        mmsa.rows("test", tmp_path)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "name, value, reason",
    [
        ("audio", np.zeros((3, 5, 3)), "different lengths"),
        ("audio", np.zeros((2, 3)), r"audio has shape \(2, 3\)"),
        ("vision", ["a", "b"], "could not convert"),
        ("regression_labels", [1.0, np.nan], "not finite"),
        ("audio_lengths", [1, 2, 3], "IndexError"),
    ],
)
def test_another_layout_is_refused(tmp_path, data, name, value, reason):
    data["valid"][name] = value
    write(tmp_path, data)
    with pytest.raises(ValueError, match=f"in 'valid', with .*{reason}"):
        mmsa.rows("val", tmp_path)
    assert len(mmsa.rows("test", tmp_path)) == 3


def test_what_is_missing_is_named(tmp_path, data):
    write(tmp_path, data)
    with pytest.raises(ValueError, match="split='valid'"):
        mmsa.rows("valid", tmp_path)
    del data["test"]["vision"]
    write(tmp_path, data)
    with pytest.raises(ValueError, match="KeyError.'vision'"):
        mmsa.scan(tmp_path)
    write(tmp_path, [1, 2])
    with pytest.raises(ValueError, match="aligned_50.pkl is not an MMSA file"):
        mmsa.rows("train", tmp_path)
