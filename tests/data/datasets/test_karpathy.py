import json

import pytest

from mmkeras.data.datasets import karpathy


def entry(name, split, **changes):
    return {
        "filepath": "val2014",
        "filename": name,
        "split": split,
        "sentences": [
            {"raw": f"A {name}. ", "tokens": ["a", name]},
            {"tokens": ["one", name]},
        ],
        **changes,
    }


def write(folder, images, name="dataset_coco.json"):
    (folder / name).write_text(json.dumps({"images": images}))
    return folder / name


def test_counts_restval_into_train(tmp_path):
    images = [
        entry("a.jpg", "train"),
        entry("b.jpg", "restval"),
        entry("c.jpg", "val"),
        entry("d.jpg", "test"),
    ]
    write(tmp_path, images)
    assert [row["id"] for row in karpathy.rows("train", tmp_path)] == [
        "a.jpg",
        "b.jpg",
    ]
    assert [row["id"] for row in karpathy.rows("val", tmp_path)] == ["c.jpg"]
    (row,) = karpathy.rows("test", tmp_path)
    assert row["captions"] == ["A d.jpg.", "one d.jpg"]
    assert row["split"] == "test"


@pytest.mark.parametrize(
    "place",
    ["val2014", "images/val2014", "images", "Flicker8k_Dataset", "."],
)
def test_finds_the_images(tmp_path, place):
    path = write(tmp_path, [entry("a.jpg", "val")])
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "a.jpg").touch()
    (row,) = karpathy.rows("val", tmp_path)
    assert row["image"] == str(tmp_path / place / "a.jpg")
    assert karpathy.rows("val", path) == [row]


def test_names_what_is_broken(tmp_path):
    images = [entry("a.jpg", "val"), {"split": "val"}, 3]
    path = write(tmp_path, images)
    problems = karpathy.scan(tmp_path).problems
    assert [(p.kind, p.where) for p in problems] == [
        ("corrupt", f"{path}: images[1]"),
        ("corrupt", f"{path}: images[2]"),
    ]
    path.write_text("[]")
    assert [p.where for p in karpathy.scan(tmp_path).problems] == [str(path)]


def test_several_files_are_refused(tmp_path):
    write(tmp_path, [])
    write(tmp_path, [], "dataset_flickr8k.json")
    with pytest.raises(FileNotFoundError, match="dataset_flickr8k.json"):
        karpathy.scan(tmp_path)
    with pytest.raises(FileNotFoundError, match="none"):
        (tmp_path / "empty").mkdir()
        karpathy.scan(tmp_path / "empty")
