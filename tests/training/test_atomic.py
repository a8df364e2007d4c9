import errno

import pytest

from mmkeras.training import atomic


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


def test_broken_json_is_named(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match="a.json is not JSON"):
        atomic.read_json(tmp_path / "a.json")
