"""Multi30k in its official layout, of which a small one is written."""

import gzip
import os

import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets import multi30k

WORDS = {"en": "dog", "de": "Hund", "fr": "chien", "cs": "pes"}
SIZES = {"train": 4, "val": 2, "test_2016_flickr": 3, "test_2017_flickr": 2}


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "data" / "task1"
    (home / "raw").mkdir(parents=True)
    (home / "image_splits").mkdir()
    for split, size in SIZES.items():
        for language, word in WORDS.items():
            lines = [f"{word} {split} {i}\u2028.\n" for i in range(size)]
            path = home / "raw" / f"{split}.{language}"
            content = "".join(lines).encode()
            if language == "fr":  # Unpacked files are read as well.
                path.write_bytes(content)
            else:
                path.with_name(f"{path.name}.gz").write_bytes(
                    gzip.compress(content)
                )
        images = "".join(f"{split}-{i}.jpg\n" for i in range(size))
        (home / "image_splits" / f"{split}.txt").write_text(images)
    return tmp_path


def test_a_row_is_a_pair_of_sentences(folder):
    rows = multi30k.rows("test", folder)
    assert len(rows) == 3
    assert rows[1] == {
        "id": "test_2016_flickr-1.jpg",
        "source": "dog test_2016_flickr 1\u2028.",
        "target": "Hund test_2016_flickr 1\u2028.",
        "languages": ["en", "de"],
        "split": "test",
    }


def test_languages_are_chosen_by_columns(folder):
    columns = {"source": "fr", "target": "cs"}
    [rows, _], *_ = datasets.read(
        "multi30k", ("train", "val"), folder, columns=columns
    )
    assert rows[0]["source"].startswith("chien")
    assert rows[0]["target"].startswith("pes")
    with pytest.raises(ValueError, match="en, de, fr, cs. Received: source=it"):
        datasets.scan("multi30k", folder, columns={"source": "it"})
    with pytest.raises(ValueError, match="option of your own data"):
        datasets.scan("multi30k", folder, columns={"label": "x"})


def test_later_test_splits_are_data_sets(folder):
    rows = datasets.get("multi30k-flickr-2017").rows("test", folder)
    assert [row["id"] for row in rows] == [
        "test_2017_flickr-0.jpg",
        "test_2017_flickr-1.jpg",
    ]
    assert len(datasets.get("multi30k-flickr-2017").rows("val", folder)) == 2


def test_is_checked(folder):
    report = check.check("multi30k", folder)
    assert report.counts["splits"] == {"train": 4, "val": 2, "test": 3}
    assert report.ok and not report.problems


def test_damaged_files_are_named(folder):
    raw = folder / "data" / "task1" / "raw"
    (raw / "val.en.gz").unlink()
    (raw / "test_2016_flickr.de.gz").write_bytes(b"no gzip")
    lines = "dog\n\ndog\ndog\n"
    (raw / "train.en").write_text(lines)
    report = check.check("multi30k", folder)
    where = {os.path.basename(p.where): p for p in report.problems}
    assert where["val.en"].kind == "missing"
    assert where["test_2016_flickr.de"].kind == "corrupt"
    assert where["train.en:2"].detail == "a sentence is empty"
    with pytest.raises(ValueError, match="val.en"):
        multi30k.rows("train", folder)


def test_files_of_other_lengths_are_refused(folder):
    raw = folder / "data" / "task1" / "raw"
    (raw / "val.en").write_text("dog\n")
    with pytest.raises(ValueError, match="equal length. Received: 1, 2, 2"):
        multi30k.rows("val", folder)


def test_raw_examples(folder):
    example = next(iter(multi30k.load("val", folder)))
    assert example["target"].numpy().decode() == "Hund val 0\u2028."


def test_images_are_found_by_their_numbers(folder):
    home = folder / "multi30k"
    home.mkdir()
    (folder / "data").rename(home / "data")
    with pytest.raises(FileNotFoundError, match="expected those of Flickr30k"):
        datasets.get("multi30k-image").rows("train", home)
    photos = folder / "flickr8k" / "Flicker8k_Dataset"
    photos.mkdir(parents=True)
    names = home / "data" / "task1" / "image_splits" / "train.txt"
    names.write_text("12.jpg\n34.jpg\n5.jpg\n6.jpg\n")
    for name in ("34_abc.jpg", "5_0.jpg", "99_x.jpg"):
        (photos / name).write_bytes(b"x")
    rows = datasets.get("multi30k-image").rows("train", home)
    assert [row["image"] for row in rows] == [
        str(photos / "34_abc.jpg"),
        str(photos / "5_0.jpg"),
    ]
    rows = datasets.get("multi30k-image-all").rows("train", home)
    assert [bool(row["image"]) for row in rows] == [False, True, True, False]
    (home / "flickr30k-images").mkdir()
    (home / "flickr30k-images" / "6.jpg").write_bytes(b"x")
    [row] = datasets.get("multi30k-image").rows("train", home)
    assert row["id"] == "6.jpg"


@pytest.mark.realdata
@pytest.mark.skipif(
    "MMKERAS_DATA" not in os.environ
    or not os.path.exists(os.path.join(os.environ["MMKERAS_DATA"], "multi30k")),
    reason="needs the data set",
)
def test_of_the_authors():
    for name, count in (
        ("multi30k", 1000),
        ("multi30k-flickr-2017", 1000),
        ("multi30k-coco-2017", 461),
        ("multi30k-flickr-2018", 1071),
    ):
        columns = {"source": "en", "target": "fr"}
        data = datasets.scan(name, columns=columns)
        assert not data.problems
        sizes = [sum(r["split"] == s for r in data.rows) for s in data_splits]
        assert sizes == [29000, 1014, count]


data_splits = ("train", "val", "test")
