import collections
import json

import numpy as np
import pytest

from mmkeras.data import check
from mmkeras.data.datasets import onecommon

NUMBERS = [round(i / 28, 3) for i in range(28)]
SCENE = np.reshape(NUMBERS, (7, 4)).astype("float32")
TAGGED = (
    f"<input> {' '.join(map(str, NUMBERS))} </input> <dialogue> YOU: see : a "
    "dot ? <eos> THEM: yes <eos> <selection> </dialogue> <output> 3 </output>"
)
PLAIN = {
    "dots": SCENE.tolist(),
    "turns": [["YOU", "see : a dot ?"], ["THEM", "yes"]],
    "target": 3,
}
ENDS = ("_uncorrelated.txt", ".txt", ".jsonl")


def write(folder, end, line=None):
    plain = json.dumps(PLAIN) if end == ".jsonl" else TAGGED
    for name in ("train", "valid", "test"):
        text = plain if line is None or name != "valid" else line
        (folder / f"{name}{end}").write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize("end", ENDS)
def test_every_layout_gives_the_same_rows(tmp_path, end):
    (row,) = onecommon.rows("val", write(tmp_path, end))
    np.testing.assert_array_equal(row.pop("scene"), SCENE)
    assert row == {
        "id": "val-1",
        "split": "val",
        "text": "you: see : a dot ?\nthem: yes",
        "label": "3",
    }
    (raw,) = onecommon.load("test", tmp_path)
    assert raw["scene"].shape == (7, 4)
    assert raw["text"].numpy().startswith(b"you: see")


@pytest.mark.parametrize("end", ENDS)
def test_a_check_finds_no_problem(tmp_path, end):
    report = check.check("onecommon", write(tmp_path, end))
    assert report.ok, report.problems
    assert report.counts["splits"] == {"train": 1, "val": 1, "test": 1}
    assert report.counts["val with"] == {"text + scene": 1}


@pytest.mark.parametrize(
    "end, line, reason",
    [
        (".txt", TAGGED.replace("<output>", ""), "<output>"),
        (".txt", TAGGED.replace(" 0.036", ""), "28 numbers"),
        (".txt", TAGGED.replace(" 0.036", " x"), "x"),
        (".txt", TAGGED.replace("YOU", "WE"), "'WE'"),
        (".txt", TAGGED.replace(" 3 ", " 7 "), "Received: 7"),
        (".jsonl", "{}", "turns"),
        (".jsonl", json.dumps({**PLAIN, "dots": [[0.0]]}), "7 dots"),
        (".jsonl", json.dumps({**PLAIN, "turns": []}), "one turn"),
        (".jsonl", "[", "Expecting value"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, end, line, reason):
    write(tmp_path, end, line)
    with pytest.raises(ValueError, match=f"valid{end}:1") as caught:
        onecommon.rows("train", tmp_path)
    assert reason in str(caught.value)


def test_wrong_names_and_missing_files_are_refused(tmp_path):
    write(tmp_path, ".txt")
    with pytest.raises(ValueError, match="split='valid'"):
        onecommon.rows("valid", tmp_path)
    (tmp_path / "test.txt").unlink()
    with pytest.raises(FileNotFoundError, match="test.*onecommon"):
        onecommon.rows("val", tmp_path)


@pytest.mark.realdata
def test_the_real_dialogues(data_folder):
    folder = data_folder / "onecommon"
    splits = {s: onecommon.rows(s, folder) for s in ("train", "val", "test")}
    assert [len(rows) for rows in splits.values()] == [5408, 676, 675]
    for rows in splits.values():
        scenes = np.stack([row["scene"] for row in rows])
        assert scenes.shape[1:] == (7, 4) and np.abs(scenes).max() <= 1
        labels = collections.Counter(row["label"] for row in rows)
        assert sorted(labels) == list("0123456")
