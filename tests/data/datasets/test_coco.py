import json

import pytest

from mmkeras.data.datasets import coco


def write(folder, part="val2017", **changes):
    content = {
        "images": [
            {"id": 7, "file_name": "000007.jpg"},
            {"id": 9, "file_name": "000009.jpg"},
        ],
        "annotations": [
            {"image_id": 9, "id": 1, "caption": "A cat.\n"},
            {"image_id": 7, "id": 2, "caption": "A dog."},
            {"image_id": 9, "id": 3, "caption": "The cat."},
        ],
        **changes,
    }
    (folder / "annotations").mkdir(exist_ok=True)
    path = folder / "annotations" / f"captions_{part}.json"
    path.write_text(json.dumps(content))
    return path


def test_reads_captions_by_image(tmp_path):
    write(tmp_path)
    (tmp_path / "val2017").mkdir()
    rows = coco.rows("val", tmp_path)
    assert [(row["id"], row["captions"]) for row in rows] == [
        ("000007.jpg", ["A dog."]),
        ("000009.jpg", ["A cat.", "The cat."]),
    ]
    assert rows[0]["image"] == str(tmp_path / "val2017" / "000007.jpg")
    assert rows[0]["split"] == "val"


@pytest.mark.parametrize("images", ["val2014", "images/val2014", "images"])
def test_finds_the_images(tmp_path, images):
    write(tmp_path, "val2014")
    (tmp_path / images).mkdir(parents=True)
    row = coco.rows("val", tmp_path)[0]
    assert row["image"] == str(tmp_path / images / "000007.jpg")


def test_scan_reads_both_splits(tmp_path):
    write(tmp_path)
    data = coco.scan(tmp_path)
    (problem,) = data.problems
    assert problem.kind == "missing"
    assert problem.where.endswith("captions_train2017.json")
    write(tmp_path, "train2017")
    data = coco.scan(tmp_path)
    assert not data.problems
    assert [row["split"] for row in data.rows] == ["train"] * 2 + ["val"] * 2


def test_names_what_is_broken(tmp_path):
    path = write(
        tmp_path,
        images=[{"id": 7, "file_name": "7.jpg"}, {"id": 8}],
        annotations=[
            {"image_id": 7, "caption": "A dog."},
            {"image_id": 7},
            {"image_id": 5, "caption": "Lost."},
        ],
    )
    write(tmp_path, "train2017")
    problems = coco.scan(tmp_path).problems
    assert [(p.kind, p.where) for p in problems] == [
        ("corrupt", f"{path}: annotations[1]"),
        ("corrupt", f"{path}: images[1]"),
        ("unpaired", f"{path}: image_id 5"),
    ]
    with pytest.raises(ValueError, match=r"annotations\[1\]"):
        coco.rows("val", tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"images": [3]}'])
def test_names_a_broken_file(tmp_path, content):
    write(tmp_path).write_text(content)
    with pytest.raises(ValueError, match="captions_val2017.json"):
        coco.rows("val", tmp_path)


def test_has_no_test_split(tmp_path):
    write(tmp_path)
    with pytest.raises(ValueError, match="not public"):
        coco.rows("test", tmp_path)
    with pytest.raises(ValueError, match="`split` must be one of"):
        coco.rows("dev", tmp_path)
