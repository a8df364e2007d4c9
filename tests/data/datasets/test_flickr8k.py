import image_files
import pytest

from mmkeras.data.datasets import flickr8k

BAD = "2258277193_586949ec62.jpg.1"


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "Flicker8k_Dataset"
    images.mkdir()
    texts = tmp_path / "Flickr8k_text"
    texts.mkdir()
    names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]
    for name in names:
        file = image_files.save(image_files.ramp(8, 8), "JPEG")
        (images / name).write_bytes(file)
    lines = [
        f"{name}#{number}\t Caption {number} of {name} . "
        for name in [*names, BAD]
        for number in range(2)
    ]
    (texts / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    for name, keys in {
        "train": ["c.jpg", "a.jpg"],
        "dev": ["b.jpg"],
        "test": ["d.jpg"],
    }.items():
        (texts / f"Flickr_8k.{name}Images.txt").write_text("\n".join(keys))
    return tmp_path


def test_reads_the_official_layout(folder):
    rows = flickr8k.rows("train", folder)
    assert rows == [
        {
            "id": f"{name}.jpg",
            "image": str(folder / "Flicker8k_Dataset" / f"{name}.jpg"),
            "captions": [
                f"Caption 0 of {name}.jpg .",
                f"Caption 1 of {name}.jpg .",
            ],
            "split": "train",
        }
        for name in "ca"
    ]
    assert [row["id"] for row in flickr8k.rows("val", folder)] == ["b.jpg"]
    assert [row["id"] for row in flickr8k.rows("test", folder)] == ["d.jpg"]


def test_reads_flat_texts_and_the_right_spelling(folder):
    for file in (folder / "Flickr8k_text").iterdir():
        file.rename(folder / file.name)
    (folder / "Flicker8k_Dataset").rename(folder / "Flickr8k_Dataset")
    (row,) = flickr8k.rows("val", folder)
    assert row["image"] == str(folder / "Flickr8k_Dataset" / "b.jpg")


def test_scan_has_the_rest_and_notes_the_bad_key(folder):
    data = flickr8k.scan(folder)
    assert [row["split"] for row in data.rows] == [
        "train",
        "train",
        "val",
        "test",
        None,
    ]
    assert not data.problems
    assert len(data.notes) == 1
    assert data.notes[0].startswith(f"Skipped 2 captions of {BAD}, a known")


def test_malformed_lines_are_named(folder):
    path = folder / "Flickr8k_text" / "Flickr8k.token.txt"
    lines = path.read_bytes().splitlines()
    lines[1] = b"no tab"
    lines[3] = b"a.jpg#0\t\xff"
    path.write_bytes(b"\n".join(lines))
    problems = flickr8k.scan(folder).problems
    assert [p.kind for p in problems] == ["corrupt", "corrupt"]
    assert [p.where for p in problems] == [f"{path}:2", f"{path}:4"]
    with pytest.raises(ValueError, match="token.txt:2"):
        flickr8k.rows("train", folder)


def test_missing_files_are_named(folder):
    (folder / "Flickr8k_text" / "Flickr_8k.devImages.txt").unlink()
    (folder / "Flickr8k_text" / "Flickr8k.token.txt").unlink()
    problems = flickr8k.scan(folder).problems
    assert [p.kind for p in problems] == ["missing", "missing"]
    with pytest.raises(ValueError, match="token.txt"):
        flickr8k.rows("train", folder)


def test_loads_raw_examples(folder):
    (example,) = flickr8k.load("test", folder)
    expected = (folder / "Flicker8k_Dataset" / "d.jpg").read_bytes()
    assert example["image"].numpy() == expected
    assert example["captions"].numpy().tolist() == [
        b"Caption 0 of d.jpg .",
        b"Caption 1 of d.jpg .",
    ]


@pytest.mark.realdata
def test_official_data(data_folder):
    folder = data_folder / "flickr8k"
    sizes = {"train": 6000, "val": 1000, "test": 1000}
    for split, size in sizes.items():
        rows = flickr8k.rows(split, folder)
        assert len(rows) == size
        assert {len(row["captions"]) for row in rows} == {5}
    assert not flickr8k.scan(folder).problems
