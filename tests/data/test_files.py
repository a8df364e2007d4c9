import os

import pytest

from mmkeras.data import files


def test_reads_a_file_of_any_name(tmp_path):
    for name in (b"caf\xe9", b" -x ", b"two\nlines\t"):
        path = files.resolve(tmp_path, os.fsdecode(name))
        with open(path, "wb") as file:
            file.write(b"abc")
        assert files.read(path) == b"abc"
        assert files.why_unreadable(path) == ""


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a\0.jpg", "null character"),
        ("\ud83d.jpg", "half of a surrogate pair"),
        ("data:image/png;base64," + "A" * 5000, "data URI"),
        ("9" * 300 + ".jpg", "longer than 255 bytes"),
        ("é" * 200, "longer than 255 bytes"),
    ],
)
def test_what_cannot_be_a_path_is_refused(tmp_path, value, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        files.resolve(tmp_path, value)
    assert len(str(caught.value)) < 300
    with pytest.raises(ValueError):
        files.read(value)
    assert files.why_unreadable(value)


def test_only_regular_files_of_a_limited_size_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with open(tmp_path / "big", "wb") as file:
        file.truncate(2 << 30)
    for name, reason in {
        "missing": "no such file",
        "pipe": "device or pipe",
        "/dev/zero": "device or pipe",
        ".": "a folder",
        "loop": "symbolic",
        "big": "2,147,483,648 bytes",
    }.items():
        path = files.resolve(tmp_path, name)
        with pytest.raises(ValueError, match=reason):
            files.read(path)
        assert reason in files.why_unreadable(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(ValueError, match="permission denied"):
        files.read(path)
