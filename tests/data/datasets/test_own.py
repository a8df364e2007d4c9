"""Your own data: paths or rows in memory, of a kind that is inferred."""

import json
import pathlib

import numpy as np
import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets.own import OwnData

ROWS = {
    "captions": {"image": "1.png", "caption": "A dog."},
    "labels": {"image": "1.png", "label": "dog"},
    "questions": {"image": "1.png", "question": "What?", "answer": "a dog"},
    "dialogues": {
        "image": "1.png",
        "history": "Who? me",
        "question": "What?",
        "answer": "a dog",
    },
}


def table(path, row, times=1):
    """Writes a row as CSV or JSONL."""
    lines = [json.dumps(row)] * times
    if path.suffix == ".csv":
        lines = [",".join(row), *[",".join(row.values())] * times]
    path.write_text("\n".join(lines))
    return path


class DataFrame:
    """The part of a pandas DataFrame that the library uses."""

    def __init__(self, columns):
        self.columns = columns

    def to_dict(self, orient):
        assert orient == "records"
        names, values = self.columns.keys(), self.columns.values()
        return [dict(zip(names, row)) for row in zip(*values)]


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("name", ["table.csv", "table.jsonl"])
def test_the_columns_determine_the_kind(tmp_path, kind, name):
    path = table(tmp_path / name, ROWS[kind])
    (row,) = datasets.scan(path).rows
    assert ("captions" in row) == (kind == "captions")
    assert ("question" in row) == (kind in ("questions", "dialogues"))
    assert ("history" in row) == (kind == "dialogues")
    assert row["image"] == str(tmp_path / "1.png")
    assert datasets.scan(str(tmp_path)).rows == [row]  # The only table.
    assert datasets.scan(path, kind=kind).rows == [row]


def test_a_task_takes_its_columns_and_no_others(tmp_path):
    path = table(tmp_path / "table.csv", ROWS["captions"] | ROWS["dialogues"])
    (row,) = datasets.scan(path, kind="captions").rows
    assert set(row) == {"id", "image", "captions", "split"}
    data = datasets.scan(path, kind="questions")
    assert data.rows[0]["label"] == "a dog"
    assert "Ignored columns: `caption`, `history`." in data.notes
    (row,) = datasets.scan(path, kind="dialogues").rows
    assert row["history"] == "Who? me"
    with pytest.raises(ValueError, match="of captions.*--column.*label"):
        datasets.read(path, ["train"], kind="labels")


def test_columns_of_other_names_are_read(tmp_path):
    row = {"File": "1.png", "label": "no", "class": "dog", "set": "train"}
    for name in ("table.csv", "table.jsonl"):
        path = table(tmp_path / name, row)
        columns = {"image": "file", "label": "class", "split": "set"}
        data = datasets.scan(path, columns=columns)
        assert data.rows[0]["image"] == str(tmp_path / "1.png")
        assert data.rows[0]["label"] == "dog" and not data.problems
        assert data.rows[0]["split"] == "train"
        assert "The column 'class' is read as 'label'." in data.notes
        assert "Ignored columns: `label of the table`." in data.notes
        path.unlink()
    path = table(tmp_path / "b.csv", {"picture": "1.png", "alt": "A dog."})
    (row,) = datasets.scan(
        path, columns={"image": "picture", "caption": "alt"}
    ).rows
    assert row["captions"] == ["A dog."]


@pytest.mark.parametrize("name", ["table.csv", "table.jsonl"])
def test_a_missing_column_is_named(tmp_path, name):
    path = table(tmp_path / name, {"text": "a", "clas": "dog"})
    columns = {"label": "class"}
    problems = datasets.scan(path, columns=columns, kind="labels").problems
    details = [problem.detail for problem in problems]
    assert any(
        "no column `class`" in detail and "Did you mean `clas`?" in detail
        for detail in details
    )
    assert not check.check(path, columns=columns).ok
    with pytest.raises(ValueError, match="no column `class`"):
        datasets.read(path, ["train"], columns=columns, kind="labels")


def test_a_column_that_no_data_has_is_refused(tmp_path):
    path = table(tmp_path / "table.csv", ROWS["labels"])
    with pytest.raises(ValueError, match="'lable'. Did you mean 'label'?"):
        datasets.scan(path, columns={"lable": "class"})
    with pytest.raises(ValueError, match="labels have no column `caption`"):
        datasets.scan(path, kind="labels", columns={"caption": "x"})
    with pytest.raises(ValueError, match="own data.*'mosi'"):
        datasets.scan("mosi", columns={"label": "class"})
    with pytest.raises(ValueError, match="kind='classes'"):
        datasets.scan(path, kind="classes")


@pytest.mark.parametrize(
    ("row", "kind", "remedy"),
    [
        ({"image": "1.png", "class": "x"}, "labels", "label=class"),
        ({"picture": "1.png", "caption": "x"}, "captions", "image=picture"),
        ({"image": "1.png", "question": "x"}, "questions", "answer=NAME"),
    ],
)
def test_columns_that_are_missing_are_named(tmp_path, row, kind, remedy):
    path = table(tmp_path / "table.csv", row)
    (problem,) = datasets.scan(path, kind=kind).problems
    assert f"Received: {list(row)}" in problem.detail
    assert f"`--column {remedy}`" in problem.detail


def test_rows_in_memory(tmp_path):
    image, audio = b"\x89PNG", b"RIFF"
    data = datasets.scan(
        [
            {"image": image, "label": "x", "id": 7},
            {"image": tmp_path / "a.png", "label": "y", "text": float("nan")},
            {"audio": audio, "label": np.str_("x"), "features": [1, 2]},
            {"features": np.ones((2, 3)), "label": None},
            {"image": np.ones((2, 3, 3)), "label": "x"},
            {"text": "a", "label": "x", "features": [[1], "b"]},
            {"features": [1e39, 10**400], "label": "x"},
            {"features": [1e39, 1], "label": "x"},
        ]
    )
    first, second, third, infinite = data.rows
    assert np.isinf(infinite["features"]).any()
    assert first["image"] == image and first["id"] == "7"
    assert second["image"] == str(tmp_path / "a.png")
    assert second["text"] is None and second["id"] == "1"
    assert third["audio"] == audio and third["label"] == "x"
    assert third["features"].dtype == "float32"
    details = {p.where: p.detail for p in data.problems}
    assert set(details) == {"rows:3", "rows:4", "rows:5", "rows:6"}
    assert "path in `image`" in details["rows:4"]
    assert "numbers in `features`" in details["rows:5"]
    assert all(row["split"] in ("train", "val") for row in data.rows)


def test_a_data_frame(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = DataFrame(
        {
            "image": ["1.png", b"2", b"2"],
            "captions": [["A dog.", "Two"], ("A cat.",), np.array(["Three"])],
            "Split": ["train", "val", "val"],
        }
    )
    data = datasets.get(frame)
    assert data.name == datasets.name_of(frame) == "rows"
    (row,) = data.rows("train")
    assert row["image"] == str(tmp_path / "1.png") and row["id"] == "1.png"
    (row,) = data.rows("val")  # The same image twice.
    assert row["captions"] == ["A cat.", "Three"] and row["id"] == "1"
    (raw,) = data.load("val")
    assert raw["image"].numpy() == b"2"


@pytest.mark.parametrize("kind", ["questions", "dialogues"])
def test_questions_about_bytes_stay_together(kind):
    rows = [ROWS[kind] | {"image": b"%d" % (i // 3)} for i in range(30)]
    data = datasets.scan(rows)
    splits = {}
    for row in data.rows:
        splits.setdefault(row["group"], set()).add(row["split"])
    assert len(splits) == 10 and all(len(x) == 1 for x in splits.values())


def test_equal_bytes_and_files_share_a_split(tmp_path):
    (tmp_path / "a.png").write_bytes(b"same")
    rows = [{"image": b"%d" % i, "label": "xy"[i % 2]} for i in range(40)]
    rows[3]["image"], rows[4]["image"] = b"same", tmp_path / "a.png"
    rows = datasets.scan(rows).rows
    assert rows[3]["split"] == rows[4]["split"]
    assert {row["split"] for row in rows} == {"train", "val", "test"}


def test_a_folder_of_images_and_texts(tmp_path):
    for number in range(4):
        for kind, suffix in (("images", "png"), ("texts", "txt")):
            path = tmp_path / kind / f"{number}.{suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"text {number}")
    assert len(datasets.scan(tmp_path).rows) == 4
    assert len(datasets.scan(tmp_path, kind="captions").rows) == 4
    with pytest.raises(ValueError, match="option of tables"):
        datasets.scan(tmp_path, columns={"image": "file"})
    with pytest.raises(FileNotFoundError, match="exactly one file"):
        datasets.scan(tmp_path, kind="labels")
    path = table(tmp_path / "table.csv", ROWS["labels"])
    with pytest.raises(ValueError, match="table.csv. Pass the path"):
        datasets.scan(tmp_path)
    assert len(datasets.scan(tmp_path, kind="labels").rows) == 1
    assert len(datasets.scan(path).rows) == 1


def test_unknown_sources_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos.jsonl").touch()
    with pytest.raises(FileNotFoundError, match="mean 'photos.jsonl'"):
        datasets.get("photo.jsonl")
    with pytest.raises(FileNotFoundError, match="no file or folder '/no/x"):
        datasets.get(pathlib.Path("/no/x"))
    with pytest.raises(ValueError, match="path of a file or folder.*Data sets"):
        datasets.get("zzz")
    with pytest.raises(ValueError, match="type list"):
        datasets.get([1, 2])
    with pytest.raises(FileNotFoundError, match="exactly one file"):
        (tmp_path / "empty").mkdir()
        datasets.scan("empty")


def test_a_folder_beside_a_path_is_refused(tmp_path):
    with pytest.raises(ValueError, match="--data photos.jsonl`.*'table'"):
        datasets.scan("table", "photos.jsonl")
    path = table(tmp_path / "a.csv", ROWS["labels"])
    with pytest.raises(ValueError, match=f"`--data {path}`"):
        datasets.read(path, ["train"], folder=tmp_path)
    with pytest.raises(ValueError, match="Did you mean 'flickr8k'"):
        datasets.scan("flicker8k", tmp_path)


def test_a_published_name_comes_before_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "a.csv", ROWS["labels"]).parent.joinpath("mosi").mkdir()
    assert datasets.is_published("mosi") and not datasets.is_published("a.csv")
    assert isinstance(datasets.get("./mosi"), OwnData)
    assert datasets.name_of("./mosi") == "mosi"
    assert datasets.name_of(tmp_path / "a.csv") == "a.csv"
