import pytest

from mmkeras.data.datasets import folder
from mmkeras.data.datasets.own import OwnData


def add(home, name, text=None, images="images", texts="texts"):
    image = home / images / name
    image.parent.mkdir(parents=True, exist_ok=True)
    image.touch()
    (home / texts).mkdir(parents=True, exist_ok=True)
    if text is not None:
        path = (home / texts / name).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def test_pairs_by_name(tmp_path):
    add(tmp_path, "x.jpg", "A dog.\r\n\r\nEin Hündchen.\r\n")
    add(tmp_path, "deep/y.PNG", "A cat.")
    (tmp_path / "images" / "notes.md").touch()
    data = folder.scan(tmp_path)
    assert not data.problems
    rows = {row["id"]: row for row in data.rows}
    assert sorted(rows) == ["deep/y.PNG", "x.jpg"]
    assert rows["x.jpg"]["captions"] == ["A dog.", "Ein Hündchen."]
    assert rows["x.jpg"]["image"] == str(tmp_path / "images" / "x.jpg")
    assert all(row["split"] in ("train", "val", "test") for row in data.rows)


@pytest.mark.parametrize(
    "pattern", ["{}/images {}/texts", "images/{} texts/{}"]
)
def test_takes_the_split_of_the_folder(tmp_path, pattern):
    for split in ("train", "val", "test"):
        images, texts = pattern.format(split, split).split()
        add(tmp_path, f"{split}.jpg", split, images, texts)
    for split in ("train", "val", "test"):
        (row,) = OwnData(tmp_path).rows(split)
        assert row["id"] == f"{split}.jpg"
        assert row["captions"] == [split]


def test_draws_the_split_by_hash(tmp_path):
    for number in range(200):
        add(tmp_path, f"{number}.jpg", "x")
    data = folder.scan(tmp_path)
    splits = [row["split"] for row in data.rows]
    assert 130 < splits.count("train") < 190
    assert splits == [row["split"] for row in folder.scan(tmp_path).rows]
    assert len(OwnData(tmp_path).rows("val")) == splits.count("val") > 0


def test_names_what_has_no_pair(tmp_path):
    add(tmp_path, "x.jpg", "a")
    add(tmp_path, "y.jpg")
    (tmp_path / "texts" / "z.txt").write_text("b")
    data = folder.scan(tmp_path)
    (problem,) = data.problems
    assert problem.kind == "unpaired"
    assert problem.where == str(tmp_path / "texts" / "z.txt")
    assert [row["captions"] for row in data.rows] == [["a"], []]
    split = data.rows[0]["split"]
    assert [row["id"] for row in OwnData(tmp_path).rows(split)] == ["x.jpg"]


def test_names_two_images_of_one_name(tmp_path):
    add(tmp_path, "x.jpg", "a")
    add(tmp_path, "x.png")
    (problem,) = folder.scan(tmp_path).problems
    assert problem.kind == "duplicate"
    assert problem.where.endswith("x.png")


def test_names_a_text_that_is_not_utf8(tmp_path):
    add(tmp_path, "x.jpg", b"good\n\xff\xfe\n")
    (problem,) = folder.scan(tmp_path).problems
    assert problem.kind == "corrupt"
    assert problem.where == f"{tmp_path / 'texts' / 'x.txt'}:2"


def test_names_missing_folders(tmp_path):
    kinds = [problem.kind for problem in folder.scan(tmp_path).problems]
    assert kinds == ["missing", "missing"]
