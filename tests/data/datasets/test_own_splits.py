"""Splits of data of one's own, in every layout."""

import collections
import json

import pytest

from mmkeras.data import check
from mmkeras.data import datasets

COUNT = 30


def line(data, number):
    """A row of a table, three of them of each image."""
    if data == "labels":
        return {"text": "a b", "label": "xy"[number % 2], "group": number // 3}
    row = {"image": f"{number // 3}.png"}
    if data == "captions":
        return {**row, "caption": f"caption {number}"}
    return {**row, "question": "What?", "answer": "yes no".split()[number % 2]}


def write(folder, data, splits=None):
    """Writes a table of ten images, all of them different."""
    rows = [line(data, number) for number in range(COUNT)]
    for number, row in enumerate(rows):
        if splits:
            row["split"] = splits[number // 3 % len(splits)]
        if "image" in row:
            (folder / row["image"]).write_bytes(b"%2d" % (number // 3))
    text = "\n".join(map(json.dumps, rows))
    (folder / "table.jsonl").write_text(text)


def splits_of(rows):
    """The splits of each image, or group."""
    splits = collections.defaultdict(set)
    for row in rows:
        splits[row.get("group") or row["id"]].add(row["split"])
    assert all(len(each) == 1 for each in splits.values())
    return collections.Counter(split for (split,) in splits.values())


TABLES = ("labels", "questions", "dialogues", "captions")


@pytest.mark.parametrize("data", TABLES)
def test_splits_are_drawn(tmp_path, data):
    write(tmp_path, data)
    scan = datasets.scan(tmp_path, kind=data)
    assert splits_of(scan.rows) == {"train": 8, "val": 1, "test": 1}
    assert any("rows are assigned by a hash" in note for note in scan.notes)


@pytest.mark.parametrize("data", TABLES)
def test_validation_is_drawn_from_training(tmp_path, data):
    write(tmp_path, data, ["train"] * 9 + ["Test"])
    splits = ("train", "val", "test")
    [train, val, test], notes, skipped = datasets.read(
        tmp_path, splits, kind=data
    )
    count = splits_of([*train, *val, *test])
    assert count == {"train": 8, "val": 1, "test": 1} and not skipped
    assert datasets.read_parts(tmp_path, splits, kind=data).val_is_drawn
    assert any("training rows to validation" in note for note in notes)


@pytest.mark.parametrize("data", TABLES)
def test_other_names_of_splits_are_understood(tmp_path, data):
    write(tmp_path, data, ["TRAIN", "dev", "training", "valid", "testing"])
    scan = datasets.scan(tmp_path, kind=data)
    assert splits_of(scan.rows) == {"train": 4, "val": 4, "test": 2}
    assert not scan.val_is_drawn


@pytest.mark.parametrize("data", TABLES)
def test_rows_with_a_blank_split_are_named(tmp_path, data):
    write(tmp_path, data, ["train", "val", "test", ""])
    scan = datasets.scan(tmp_path, kind=data)
    assert scan.problems
    for problem in scan.problems:
        assert "`split`, as in the other rows" in problem.detail


@pytest.mark.parametrize("data", TABLES)
def test_check_names_a_split_that_training_needs(tmp_path, data):
    write(tmp_path, data, ["test", "val"])
    problems = check.check(tmp_path, kind=data).problems
    assert ("split", "train") in [(p.kind, p.where) for p in problems]
    with pytest.raises(ValueError, match="no training rows"):
        datasets.read(tmp_path, ("train", "val"), kind=data)


def test_folders_without_validation_draw_it(tmp_path):
    for number in range(20):
        for kind, suffix, data in (
            ("images", "png", b"%2d" % number),
            ("texts", "txt", b"A dog."),
        ):
            path = tmp_path / "train" / kind / f"{number}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    scan = datasets.scan(tmp_path)
    assert splits_of(scan.rows) == {"train": 18, "val": 2}


def test_published_splits_are_read_as_they_are():
    assert not any(map(datasets.is_published, TABLES))
    with pytest.raises(ValueError, match="your own data.*'mosi'"):
        datasets.read("mosi", ["train"], target="class")
