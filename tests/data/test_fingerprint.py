import os

import numpy as np
import pytest

from mmkeras.data.fingerprint import contents
from mmkeras.data.fingerprint import fingerprint


def rows(folder, image=b"pixels"):
    folder.mkdir(exist_ok=True)
    (folder / "0.jpg").write_bytes(image)
    os.utime(folder / "0.jpg", (1e9, 1e9))
    return [
        {
            "id": "a",
            "split": "train",
            "label": "yes",
            "text": "a question",
            "image": str(folder / "0.jpg"),
            "audio": b"sound",
            "features": np.ones((2, 3), "float32"),
            "history": None,
        },
        {"id": "b", "split": "val", "label": 0.5, "captions": ["one", "two"]},
    ]


CHANGES = {
    "label": "no",
    "text": "another question",
    "audio": b"noise",
    "features": np.zeros((2, 3), "float32"),
    "history": "who?",
    "split": "test",
    "image": None,
}


@pytest.mark.parametrize("field", CHANGES)
def test_depends_on_every_field(tmp_path, field):
    before = rows(tmp_path)
    after = rows(tmp_path)
    assert fingerprint(after) == fingerprint(before)
    after[0][field] = CHANGES[field]
    assert fingerprint(after) != fingerprint(before)


def test_depends_on_the_contents_of_files_not_their_paths(tmp_path):
    first = fingerprint(rows(tmp_path / "a"))
    assert fingerprint(rows(tmp_path / "b")) == first
    assert fingerprint(rows(tmp_path / "a", b"pixelz")) != first


def test_files_that_cannot_be_read_have_a_reason_instead(tmp_path):
    (tmp_path / "huge").touch()
    os.truncate(tmp_path / "huge", 1 << 40)
    names = ["missing", "huge", "."]
    digests = contents(
        [str(tmp_path / name) for name in names] + ["a\0b", None]
    )
    assert digests[0] == "no such file"
    assert "limit" in digests[1] and "folder" in digests[2] and digests[3]
    assert digests[4] is None


def test_depends_on_the_order_of_captions_and_rows(tmp_path):
    before, after = rows(tmp_path), rows(tmp_path)
    after[1]["captions"] = ["two", "one"]
    assert fingerprint(after) != fingerprint(before)
    assert fingerprint(before[::-1]) != fingerprint(before)
