import hashlib
import os
import time

import pytest

from mmkeras.files import digests


def test_equal_contents_have_equal_digests(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    values = [tmp_path / "a", str(tmp_path / "b"), b"one", tmp_path / "c"]
    first, *others, last = digests.digests(values)
    assert first == hashlib.sha256(b"one").hexdigest()
    assert set(others) == {first} and last != first


@pytest.mark.parametrize(
    "value", [None, "missing", ".", "a\0b", "\ud800", "/dev/zero"]
)
def test_anything_else_has_no_digest(value):
    assert digests.digest(value) is None


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert digests.digest(tmp_path / "pipe") is None


def test_a_change_that_keeps_size_and_time_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "file"
    for min_age in (2, -1):  # Without and with the cached digest.
        monkeypatch.setattr(digests, "_MIN_AGE", min_age)
        values = set()
        for content in (b"one", b"two", b"six"):
            path.write_bytes(content)
            os.utime(path, (1e9, 1e9))
            values.add(digests.digest(path))
            if min_age < 0:
                time.sleep(0.02)  # Longer than a file system's clock ticks.
        assert len(values) == 3
