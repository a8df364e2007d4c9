import json

import numpy as np
import pytest
from judging import rows as drawn

from mmkeras.data import check
from mmkeras.data.datasets import labelled


@pytest.fixture
def folder(tmp_path):
    """A table of every field, some cells empty."""
    lines = []
    for row in [*drawn(count=12), *drawn("val", 4), *drawn("test", 4)]:
        line = {k: row[k] for k in ("id", "split", "text", "label")}
        for field, suffix in (("image", "png"), ("audio", "wav")):
            if row[field]:
                line[field] = f"{row['id']}.{suffix}"
                (tmp_path / line[field]).write_bytes(row[field])
        line["features"] = f"{row['id']}.npy"
        np.save(tmp_path / line["features"], row["features"])
        lines.append(line)
    write(tmp_path, lines)
    return tmp_path


def write(folder, lines):
    text = "\n".join(json.dumps(line) for line in lines)
    (folder / "table.jsonl").write_text(text)


def read(folder):
    text = (folder / "table.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_reads_every_field_and_leaves_out_empty_ones(folder):
    found = labelled.rows("train", folder)
    assert len(found) == 12
    assert found[10]["image"] is None and found[9]["audio"] is None
    assert found[0]["image"].endswith("train-0.png")
    assert found[0]["features"].dtype == "float32"
    raw = list(labelled.load("train", folder))
    assert raw[10]["image"].numpy() == b""
    assert raw[0]["image"].numpy()[1:4] == b"PNG"
    assert raw[0]["features"].shape == (3,)


def test_reads_csv_with_several_labels_and_numbers(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("text,label,split\na b,x|y,train\nc,x,train\n")
    assert labelled.rows("train", path)[0]["label"] == ["x", "y"]
    path.write_text("text,label,split\na,0,train\nb,1,train\n")
    assert [r["label"] for r in labelled.rows("train", path)] == ["0", "1"]
    path.write_text("text,label,split\na,0.5,train\nb,1,train\n")
    assert [r["label"] for r in labelled.rows("train", path)] == [0.5, 1.0]
    path.write_text("text,label\n" + "".join(f"w{i},x\n" for i in range(99)))
    counts = [len(labelled.rows(s, path)) for s in ("train", "val", "test")]
    assert sum(counts) == 99 and counts[0] > 60 and min(counts) > 2


@pytest.mark.parametrize(
    "line, reason",
    [
        ({"text": "a"}, "expected a label"),
        ({"label": "x"}, "expected one of text, image"),
        ({"label": "x", "text": "a", "split": "odd"}, "not 'odd'"),
        ({"label": "x", "text": 3}, "`text`"),
        ({"label": "x", "features": "gone.npy"}, "gone.npy"),
    ],
)
def test_a_malformed_line_is_left_out_by_name(folder, line, reason):
    write(folder, [*read(folder), line])
    with pytest.warns(UserWarning, match="table.jsonl:21") as caught:
        found = labelled.rows("train", folder)
    assert len(found) == 12
    assert reason in str(caught[0].message)
    write(folder, [line])
    with pytest.raises(ValueError, match="table.jsonl:1"):
        labelled.rows("train", folder)


def test_a_check_finds_nothing_wrong_and_counts(folder):
    report = check.check("labelled", folder)
    assert report.ok, report.problems
    assert report.counts["splits"] == {"train": 12, "val": 4, "test": 4}
    there = report.counts["train with"]
    assert there["text + image + audio + features"] == 10
    assert there["text + image + features"] == 1
    assert sum(report.counts["labels"].values()) == 20


def test_a_check_names_what_is_wrong(folder):
    lines = read(folder)
    (folder / "train-0.png").write_bytes(b"junk")
    (folder / "train-1.wav").unlink()
    (folder / "train-2.wav").write_bytes(b"")
    lines[13]["image"] = lines[3]["image"]  # A training picture in val.
    np.save(folder / "train-4.npy", np.array([1, np.nan, 2]))
    write(folder, lines)
    found = check.check("labelled", folder).problems
    named = {(p.kind, p.where.split("/")[-1]) for p in found}
    assert named == {
        ("corrupt", "train-0.png"),
        ("missing", "train-1.wav"),
        ("empty", "train-2.wav"),
        ("leak", "train-3.png"),
        ("corrupt", "train-4"),
    }
