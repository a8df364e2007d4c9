"""Flickr8k with spoken captions, in both layouts of the recordings."""

import json

import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import flickr8k_spoken
from mmkeras.tasks import Retrieve

SPLITS = {"train": ["a", "b"], "dev": ["c"], "test": ["d"]}


@pytest.fixture
def folder(tmp_path):
    """Images a to d with two captions each; there are no files of images."""
    (tmp_path / "Flicker8k_Dataset").mkdir()
    lines = [f"{x}.jpg#{i}\tCaption {i} of {x} ." for x in "abcd" for i in "01"]
    (tmp_path / "Flickr8k.token.txt").write_text("\n".join(lines))
    for split, names in SPLITS.items():
        keys = "\n".join(f"{name}.jpg" for name in names)
        (tmp_path / f"Flickr_8k.{split}Images.txt").write_text(keys)
    return tmp_path


def write_corpus(folder, *lines):
    (folder / "flickr_audio" / "wavs").mkdir(parents=True)
    text = "".join(f"{line}\n" for line in lines)
    (folder / "flickr_audio" / "wav2capt.txt").write_text(text)


def write_table(folder, *rows):
    (folder / "spoken").mkdir()
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / "spoken" / "table.jsonl").write_text("".join(lines))


def test_the_corpus_of_its_authors(folder):
    write_corpus(folder, "b_1.wav b.jpg #1", "a_0.wav a.jpg #0")
    first, second = flickr8k_spoken.rows("train", folder)
    assert first == {
        "id": "a.jpg#0",
        "image": str(folder / "Flicker8k_Dataset" / "a.jpg"),
        "text": "Caption 0 of a .",
        "audio": str(folder / "flickr_audio" / "wavs" / "a_0.wav"),
        "split": "train",
    }
    assert second["text"] == "Caption 1 of b ."
    [example] = Retrieve.expand([first])
    assert set(example["pair"]) == {"image", "text", "audio"}


def test_a_table_of_recordings(folder):
    row = {"audio": "c.opus", "image": "c.jpg", "caption_index": 1}
    write_table(folder, row)
    [row] = flickr8k_spoken.rows("val", folder)
    assert row["audio"] == str(folder / "spoken" / "c.opus")
    assert row["text"] == "Caption 1 of c ."


def test_all_captions_have_a_recording_or_none(folder):
    write_corpus(folder, "a_0.wav a.jpg #0")
    rows = datasets.get("flickr8k-spoken-all").rows("train", folder)
    assert [row["id"] for row in rows] == [
        f"{x}.jpg#{i}" for x in "ab" for i in "01"
    ]
    assert [row["audio"] is not None for row in rows] == [True] + [False] * 3
    assert len(datasets.get("flickr8k-spoken").rows("train", folder)) == 1


def test_without_recordings_the_error_says_where_they_are(folder):
    with pytest.raises(
        FileNotFoundError, match="wav2capt.txt or spoken.*csail"
    ):
        flickr8k_spoken.rows("train", folder)


def test_a_recording_of_no_caption_is_named(folder):
    write_corpus(folder, "a_0.wav a.jpg #0", "a_9.wav a.jpg #9", "", "x_0 x #0")
    with pytest.warns(UserWarning, match="wav2capt.txt:2"):
        [row] = flickr8k_spoken.rows("train", folder)
    problems = flickr8k_spoken.scan(folder).problems
    assert [p.detail for p in problems] == [
        "a.jpg has no caption 9",
        "x has no caption 0",
    ]


def test_a_second_recording_is_skipped(folder):
    write_corpus(folder, "a_0.wav a.jpg #0", "b.wav a.jpg #0")
    data = flickr8k_spoken.scan(folder)
    [problem], [row] = data.problems, data.rows
    assert row["audio"].endswith("a_0.wav")
    assert "wav2capt.txt:1" in problem.detail


@pytest.mark.parametrize("line", ["a_0.wav a.jpg", "a_0.wav a.jpg #one"])
def test_a_malformed_line_is_named(folder, line):
    write_corpus(folder, line)
    with pytest.raises(ValueError, match="wav2capt.txt:1.*image.jpg #0"):
        flickr8k_spoken.rows("train", folder)


def test_missing_files_are_reported(folder):
    write_corpus(folder, "a_0.wav a.jpg #0")
    report = check.check("flickr8k-spoken", folder)
    assert report.counts["train with"] == {"image + text + audio": 1}
    [audio] = [p for p in report.problems if "a_0.wav" in p.where]
    assert audio.kind == "missing"


@pytest.mark.realdata
def test_the_real_recordings(data_folder):
    folder = data_folder / "flickr8k"
    counts = [
        [len(datasets.get(name).rows(s, folder)) for s in dataset.SPLITS]
        for name in ("flickr8k-spoken", "flickr8k-spoken-all")
    ]
    assert counts == [[753, 113, 125], [30000, 5000, 5000]]
