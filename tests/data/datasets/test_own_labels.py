import itertools
import json

import multimodal_rows
import numpy as np
import pytest

from mmkeras.data import check
from mmkeras.data.datasets.own import OwnData


@pytest.fixture
def folder(tmp_path):
    """A table of every field, some cells empty."""
    sizes = {"train": 12, "val": 4, "test": 4}
    rows = [multimodal_rows.rows(*size) for size in sizes.items()]
    lines = multimodal_rows.lines(tmp_path, *rows)
    for line, row in zip(lines, itertools.chain(*rows), strict=True):
        line["features"] = f"{row['id']}.npy"
        np.save(tmp_path / line["features"], row["features"])
    write(tmp_path, lines)
    return tmp_path


def write(folder, lines):
    text = "\n".join(json.dumps(line) for line in lines)
    (folder / "table.jsonl").write_text(text)


def read(folder):
    text = (folder / "table.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_reads_every_field_and_leaves_out_empty_ones(folder):
    rows = OwnData(folder, "labels").rows("train")
    assert len(rows) == 12
    assert rows[10]["image"] is None and rows[9]["audio"] is None
    assert rows[0]["image"].endswith("train-0.png")
    assert rows[0]["features"].dtype == "float32"
    raw = list(OwnData(folder, "labels").load("train"))
    assert raw[10]["image"].numpy() == b""
    assert raw[0]["image"].numpy()[1:4] == b"PNG"
    assert raw[0]["features"].shape == (3,)


def test_reads_csv_with_several_labels_and_numbers(tmp_path):
    assert labels_of(tmp_path, ["x|y", "x"], "csv") == [["x", "y"], ["x"]]
    assert labels_of(tmp_path, ["0", "1"], "csv") == ["0", "1"]
    assert labels_of(tmp_path, ["0.5", "1"], "csv") == [0.5, 1.0]


@pytest.mark.parametrize(
    "labels, expected",
    [
        (["pos", ["pos", "glad"]], [["pos"], ["pos", "glad"]]),
        ([3, 1, 3], ["3", "1", "3"]),
        ([True, False], ["true", "false"]),
        ([0.5, 1], [0.5, 1.0]),
        ([" pos", "pos "], ["pos", "pos"]),
        (["a|b", "c"], ["a|b", "c"]),
    ],
)
def test_reads_labels_of_jsonl(tmp_path, labels, expected):
    assert labels_of(tmp_path, labels) == expected


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_target_can_be_given(tmp_path, kind):
    labels = [1, 2, 1] if kind == "jsonl" else ["1", "2", "1"]
    assert labels_of(tmp_path, labels, kind) == ["1", "2", "1"]
    assert labels_of(tmp_path, labels, kind, "number") == [1.0, 2.0, 1.0]
    labels = [1.5, 2.5] if kind == "jsonl" else ["1.5", "2.5"]
    assert labels_of(tmp_path, labels, kind, "class") == ["1.5", "2.5"]
    with pytest.raises(ValueError, match="class, labels, number.*'classes'"):
        labels_of(tmp_path, labels, kind, "classes")


def labels_of(folder, labels, kind="jsonl", target=None):
    """Labels of a table as they are read."""
    path = folder / f"table.{kind}"
    if kind == "csv":
        lines = [f"a,{label}" for label in labels]
        path.write_text("\n".join(["text,label", *lines]))
    else:
        lines = [json.dumps({"text": "a", "label": x}) for x in labels]
        path.write_text("\n".join(lines))
    data = OwnData(path).scan(target)
    assert not data.problems
    return [row["label"] for row in data.rows]


@pytest.mark.parametrize(
    "labels, line",
    [
        ([["a"], ["b", 3]], 2),
        ([["a"], 3], 2),
        ([["a"], [True]], 2),
        ([["a", "b|c"], "d"], 1),
        (["a", {"b": 1}], 2),
        (["a", None], 2),
        (["a", " "], 2),
        ([0.5, 1.5, float("nan")], 3),
        ([1, 2, float("inf")], 3),
        ([0.5, 1.5, 2.5, "many"], 4),
        ([0.5, 1.5, True], 3),
        (["a", "\ud83d"], 2),
        ([1, 2, 10**400], 3),
    ],
)
def test_a_label_that_cannot_be_read_is_named(tmp_path, labels, line):
    path = tmp_path / "table.jsonl"
    lines = [json.dumps({"text": "a", "label": label}) for label in labels]
    path.write_text("\n".join(lines))
    (problem,) = OwnData(path, "labels").scan().problems
    assert problem.where == f"{path}:{line}"
    assert "`label`" in problem.detail
    problem.detail.encode()
    with pytest.warns(UserWarning, match=f"table.jsonl:{line}"):
        OwnData(path, "labels").rows("train")


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-Infinity", "1e999"])
@pytest.mark.parametrize("others", [("0.5", "1.5"), ("0", "1"), ("0", "0")])
def test_numbers_that_are_not_finite_are_named_in_csv(tmp_path, cell, others):
    path = tmp_path / "table.csv"
    path.write_text(f"text,label\na,{others[0]}\nb,{others[1]}\nc,{cell}\n")
    (problem,) = OwnData(path, "labels").scan().problems
    assert problem.where == f"{path}:4" and "finite" in problem.detail


def test_several_labels_are_loaded(tmp_path):
    labels = [["x", "y"], ["x"], []] * 10
    assert labels_of(tmp_path, labels) == labels
    labels = {
        tuple(raw["label"].numpy().tolist())
        for raw in OwnData(tmp_path, "labels").load("train")
    }
    assert labels == {(b"x", b"y"), (b"x",), ()}


def test_rows_of_a_group_stay_together(tmp_path):
    lines = [
        {"text": "a", "label": "xy"[i % 2], "group": f"g{i // 4}"}
        for i in range(80)
    ]
    write(tmp_path, lines)
    splits = {}
    for row in OwnData(tmp_path, "labels").scan().rows:
        splits.setdefault(row["group"], set()).add(row["split"])
    assert all(len(each) == 1 for each in splits.values())
    assert {split for each in splits.values() for split in each} == {
        *["train", "val", "test"]
    }


def test_names_rows_without_a_split_among_others(tmp_path):
    lines = [{"text": "a", "label": "x", "split": "train"}] * 3
    write(tmp_path, [*lines, {"text": "b", "label": "y", "split": " "}])
    (problem,) = OwnData(tmp_path, "labels").scan().problems
    assert problem.where.endswith("table.jsonl:4")
    assert "in `split`, as in the other rows" in problem.detail


@pytest.mark.parametrize(
    "name, split",
    [("Train", "train"), ("training", "train"), (" DEV", "val")]
    + [("valid", "val"), ("Validation", "val"), ("TEST", "test")],
)
def test_understands_other_names_of_splits(tmp_path, name, split):
    lines = [{"text": "a", "label": "x", "split": s} for s in ("train", "val")]
    write(tmp_path, [*lines, {"text": "b", "label": "x", "split": name}])
    assert OwnData(tmp_path, "labels").scan().rows[2]["split"] == split


@pytest.mark.parametrize(
    "line, reason",
    [
        ({"text": "a"}, "expected a label"),
        ({"label": "x"}, "expected at least one of text, image"),
        ({"label": "x", "text": "a", "split": "odd"}, "Received: 'odd'"),
        ({"label": "x", "text": 3}, "`text`"),
        ({"label": "x", "features": "missing.npy"}, "missing.npy"),
    ],
)
def test_a_malformed_line_is_left_out_by_name(folder, line, reason):
    write(folder, [*read(folder), line])
    with pytest.warns(UserWarning, match="table.jsonl:21") as caught:
        rows = OwnData(folder, "labels").rows("train")
    assert len(rows) == 12
    assert reason in str(caught[0].message)
    write(folder, [line])
    with pytest.raises(ValueError, match="table.jsonl:1"):
        OwnData(folder, "labels").rows("train")


def test_a_check_finds_nothing_wrong_and_counts(folder):
    report = check.check(folder)
    assert report.ok, report.problems
    assert report.counts["splits"] == {"train": 12, "val": 4, "test": 4}
    counts = report.counts["train with"]
    assert counts["text + image + audio + features"] == 10
    assert counts["text + image + features"] == 1
    assert sum(report.counts["labels"].values()) == 20


def test_a_check_names_what_is_wrong(folder):
    lines = read(folder)
    (folder / "train-0.png").write_bytes(b"junk")
    (folder / "train-1.wav").unlink()
    (folder / "train-2.wav").write_bytes(b"")
    lines[13]["image"] = lines[3]["image"]  # A training image in val.
    np.save(folder / "train-4.npy", np.array([1, np.nan, 2]))
    write(folder, lines)
    problems = check.check(folder).problems
    assert {(p.kind, p.where.split("/")[-1]) for p in problems} == {
        ("corrupt", "train-0.png"),
        ("missing", "train-1.wav"),
        ("empty", "train-2.wav"),
        ("leak", "train-3.png"),
        ("corrupt", "train-4"),
    }
