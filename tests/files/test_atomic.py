import errno
import os

import pytest

from mmkeras.files import atomic


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    atomic.write(path, lambda file: file.write(b"old"))

    def fill(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="file could not be written .*No space"):
        atomic.write(path, fill)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_json_round_trip(tmp_path):
    value = {"words": ["crème", 1.5, None]}
    atomic.write_json(tmp_path / "a.json", value)
    assert atomic.read_json(tmp_path / "a.json") == value


def test_json_of_names_that_are_not_utf8(tmp_path):
    value = {
        "id": os.fsdecode(b"caf\xe9"),
        "half": "\ud83d",
        "all": "\U0001f600",
    }
    atomic.write_json(tmp_path / "a.json", value)
    assert atomic.read_json(tmp_path / "a.json") == value


def test_broken_json_is_named(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match="a.json is not valid JSON"):
        atomic.read_json(tmp_path / "a.json")


def test_json_nested_too_deep_is_named(tmp_path):
    (tmp_path / "a.json").write_text("[" * 10**5)
    with pytest.raises(ValueError, match="a.json is not valid JSON"):
        atomic.read_json(tmp_path / "a.json")


def test_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "file"
    with atomic.writing(path) as first, atomic.writing(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_an_interrupted_write_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with atomic.writing(tmp_path / "file"):
            raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


EXPECTED = {"name": str, "parts": {"count": (int, float)}}


def test_json_as_expected_is_read(tmp_path):
    value = {"name": "a", "parts": {"count": 3, "more": None}}
    atomic.write_json(tmp_path / "a.json", value)
    assert atomic.read_json(tmp_path / "a.json", EXPECTED) == value


@pytest.mark.parametrize(
    "value, error",
    [
        ([], r"a.json is damaged.*Received: \[\]"),
        ({}, "a.json is damaged.*'name' is missing"),
        ({"name": 3}, "a.json is damaged.*Received as 'name': 3"),
        ({"name": "a", "parts": {}}, "'parts.count' is missing"),
        ({"name": "a", "parts": {"count": "x"}}, "Received as 'parts.count'"),
    ],
)
def test_other_json_is_named(tmp_path, value, error):
    atomic.write_json(tmp_path / "a.json", value)
    with pytest.raises(ValueError, match=error):
        atomic.read_json(tmp_path / "a.json", EXPECTED)
