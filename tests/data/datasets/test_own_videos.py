"""Videos in your own tables: files, folders, lists of frames and arrays."""

import json

import clips
import numpy as np
import pytest

from mmkeras.data import cache
from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.data import examples
from mmkeras.data.fingerprint import fingerprint

CODEC = codecs.Video(3, (24, 24))


@pytest.fixture
def table(tmp_path):
    """A table of ten videos of one kind each, or bad; all of other frames."""
    rng = np.random.default_rng(0)
    many = [clips.frames("left", rng, 3) for _ in range(4)]
    (tmp_path / "0.gif").write_bytes(clips.gif(many[0]))
    clips.folder(tmp_path / "one", many[1])
    np.save(tmp_path / "2.npy", many[2])
    for i, image in enumerate(many[3]):
        (tmp_path / f"{i}.png").write_bytes(clips.png(image))
    (tmp_path / "cut.gif").write_bytes(clips.gif(many[0])[:-9])
    (tmp_path / "empty.gif").touch()
    (tmp_path / "none").mkdir()
    broken = clips.folder(tmp_path / "broken", many[1])
    (broken / "frame 1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    videos = ["0.gif", "one", "2.npy", [f"{i}.png" for i in range(3)]]
    videos += ["cut.gif", "empty.gif", "none", "broken", "missing.gif"]
    videos += [["0.png", "4.png"]]
    lines = [
        {"video": video, "label": "ab"[i % 2], "split": "train"}
        for i, video in enumerate(videos)
    ]
    path = tmp_path / "table.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path, many


def test_every_kind_of_video_is_read_and_bad_ones_are_named(table):
    path, many = table
    data = datasets.scan(path)
    [problem] = data.problems
    assert str(problem).startswith(f"corrupt: {path}:10: video: ")
    assert "4.png: no such file" in str(problem)
    rows = data.rows
    assert len(rows) == 9 and {row["image"] for row in rows} == {None}
    errors = []
    rows = [{"id": row["id"], "image": row["video"]} for row in rows]
    array = cache.decoded(rows, CODEC, path.parent / "cache", errors=errors)
    np.testing.assert_array_equal(array[:4], many)
    assert not array[4:].any()
    assert [number for number, _ in errors] == ["5", "6", "7", "8", "9"]


def test_check_names_bad_videos_and_leaks(table):
    path, _ = table
    copy = clips.folder(path.parent / "copy", table[1][1])
    text = path.read_text().rstrip() + "\n"
    text += json.dumps({"video": copy.name, "label": "a", "split": "val"})
    path.write_text(text)
    report = check.check(path)
    problems = {p.where.rpartition("/")[2]: p for p in report.problems}
    assert problems["cut.gif"].detail == "truncated or corrupt GIF"
    assert problems["empty.gif"].kind == "empty"
    assert problems["none"].detail == "a folder without images"
    assert problems["missing.gif"].kind == "missing"
    assert "frame 000001 frame 1.png: " in problems["broken"].detail
    assert problems["copy"].kind == "leak"
    assert problems["table.jsonl:10"].kind == "corrupt"


def test_tables_without_videos_are_as_before(tmp_path):
    rows = [{"text": "a", "label": "b", "split": "train"}]
    [row] = datasets.scan(rows).rows
    assert "video" not in row
    [row] = datasets.scan([{**rows[0], "video": None}]).rows
    assert "video" not in row


def test_arrays_are_packed_and_fingerprinted_by_content(table):
    path, many = table
    rows = [{"video": x, "label": "a", "split": "train"} for x in many[:2]]
    first, second = datasets.scan(rows).rows
    np.testing.assert_array_equal(CODEC.read([first["video"]])[0], many[:1])
    [bad] = datasets.scan([{**rows[0], "video": many[0] / 2}]).problems
    assert "video: Expected a video: a uint8 array" in str(bad)
    rows = datasets.scan(path).rows
    before = fingerprint(rows)
    (path.parent / "one" / "frame 0.png").write_bytes(b"other")
    assert fingerprint(rows) != before


def test_raw_examples_have_the_bytes_of_all_frames(table):
    path, many = table
    rows = datasets.scan(path).rows[:4]
    raw = [row["video"] for row in examples.load(rows).as_numpy_iterator()]
    np.testing.assert_array_equal(CODEC.read(raw)[0], many)
