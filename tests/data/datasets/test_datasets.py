import os

import numpy as np
import pytest
import question_datasets

from mmkeras.data import datasets
from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.problems import Problem


def test_every_name_is_a_data_set():
    for name in datasets.names():
        module = datasets.get(name)
        assert callable(module.scan)
        assert callable(module.rows)
        assert callable(module.load)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("flicker8k", "Did you mean 'flickr8k'"),
        ("x", "the path of a table"),
        ("labelled", "'labelled' is no longer.*--data photos.jsonl"),
        (3, "type int"),
    ],
)
def test_wrong_name(name, hint):
    with pytest.raises(ValueError, match=hint):
        datasets.get(name)


FROM_FILES = [
    name for name in datasets.names() if name not in ("feelings", "people")
]


@pytest.mark.parametrize("name", FROM_FILES)  # The others are rendered.
def test_says_where_to_get_the_data(name, tmp_path, monkeypatch):
    monkeypatch.delenv("MMKERAS_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="MMKERAS_DATA"):
        datasets.get(name).rows("train")
    monkeypatch.setenv("MMKERAS_DATA", str(tmp_path))
    home = name.partition("-")[0]  # "meld-sentiment" is in "meld".
    home = {"digits": "mnist"}.get(home, home)
    with pytest.raises(FileNotFoundError, match=str(tmp_path / home)):
        datasets.get(name).rows("train")


def test_finds_the_folder_by_environment(tmp_path, monkeypatch):
    question_datasets.nlvr(tmp_path / "nlvr")
    monkeypatch.setenv("MMKERAS_DATA", str(tmp_path))
    assert datasets.get("nlvr").rows("train")


def dataset_of(*rows):
    data = dataset.Dataset()
    for name, captions, split in rows:
        data.add(name, name, captions, split)
    return data


def test_a_split_leaves_out_images_without_captions():
    data = dataset_of(
        ("a", [" x ", ""], "train"),
        ("b", [], "train"),
        ("c", ["", " "], "train"),
        ("d", ["y"], None),
    )
    (row,) = data.split("train")
    assert row["captions"] == ["x"]


def test_a_split_is_refused():
    data = dataset_of(("a", ["x"], "train"))
    with pytest.raises(ValueError, match="split='dev'"):
        data.split("dev")
    with pytest.raises(ValueError, match="split 'val'.*Received rows of: tr"):
        data.split("val")
    for number in range(5):
        data.report("corrupt", f"f:{number}", "bad")
    with pytest.raises(ValueError, match="f:0, 1, 2, 3, 4: bad"):
        data.split("train")


def test_problem_has_a_known_kind():
    assert str(Problem("leak", "a", "b")) == "leak: a: b"
    with pytest.raises(ValueError, match="kind='odd'"):
        Problem("odd", "a", "b")


def test_examples_keep_the_order(tmp_path):
    rows = []
    for number in range(50):
        path = tmp_path / str(number)
        path.write_bytes(bytes([number]))
        captions = [f"{number}-{i}" for i in range(number % 4)]
        rows.append({"image": str(path), "captions": captions})
    raw = list(examples.load(rows))
    assert [x["image"].numpy()[0] for x in raw] == list(range(50))
    assert [len(x["captions"]) for x in raw] == [n % 4 for n in range(50)]
    np.testing.assert_array_equal(raw[6]["captions"], [b"6-0", b"6-1"])


def test_examples_of_files_of_any_name(tmp_path):
    path = os.path.join(tmp_path, os.fsdecode(b"caf\xe9\n"))
    with open(path, "wb") as file:
        file.write(b"abc")
    rows = [{"image": path}, {"image": None}, {"image": b"bytes"}]
    images = [x["image"].numpy() for x in examples.load(rows)]
    assert images == [b"abc", b"", b"bytes"]
    with pytest.raises(Exception, match="not a regular file"):
        list(examples.load([{"image": "/dev/zero"}]))


def test_examples_of_nothing():
    with pytest.raises(ValueError, match="at least one row"):
        examples.load([])
