import signal
import subprocess
import sys
import textwrap

import pytest

from mmkeras.serving.versions import new_version
from mmkeras.serving.versions import newest
from mmkeras.serving.versions import numbers


def write(folder, version=None, text="x"):
    with new_version(folder, version) as (part, path):
        (part / "inside").mkdir()
        (part / "inside" / "file").write_text(text)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_numbers_follow_the_highest(tmp_path):
    folder = tmp_path / "new" / "folder"
    assert write(folder).name == "1"
    assert write(folder, 10).name == "10"
    assert write(folder).name == "11"
    assert write(folder, 5).name == "5"
    assert numbers(folder) == [1, 5, 10, 11]
    assert names(folder) == ["1", "10", "11", "5"]
    assert (folder / "11" / "inside" / "file").read_text() == "x"


def test_other_names_are_no_versions(tmp_path):
    for name in ("007", "x", "-1", "1.5", ".partial-3"):
        (tmp_path / name).mkdir()
    (tmp_path / "9").write_text("a file")
    assert numbers(tmp_path) == []


def test_a_version_is_hidden_until_it_is_whole(tmp_path):
    with new_version(tmp_path) as (part, path):
        (part / "file").write_text("half")
        assert not path.exists()
        assert part.parent == path.parent
        assert part.name.startswith(".")
    assert (path / "file").read_text() == "half"


def test_a_version_is_readable_by_others(tmp_path):
    (tmp_path / "plain").mkdir()
    mode = (tmp_path / "plain").stat().st_mode
    assert write(tmp_path).stat().st_mode == mode


def test_an_existing_version_is_never_written_over(tmp_path):
    write(tmp_path, 3, text="first")
    with pytest.raises(FileExistsError, match=r"3 exists already.*version"):
        write(tmp_path, 3, text="second")
    assert (tmp_path / "3" / "inside" / "file").read_text() == "first"
    (tmp_path / "4").mkdir()  # Empty: a rename would go through.
    with pytest.raises(FileExistsError):
        write(tmp_path, 4)


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_error_leaves_nothing(tmp_path, error):
    write(tmp_path)
    with pytest.raises(type(error)):
        with new_version(tmp_path) as (part, _):
            (part / "file").write_text("half")
            raise error
    assert names(tmp_path) == ["1"]


def test_a_kill_leaves_no_version_and_the_next_call_cleans_up(tmp_path):
    program = """
        import os, signal, sys
        from mmkeras.serving.versions import new_version

        with new_version(sys.argv[1]) as (part, path):
            (part / "saved_model.pb").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.returncode == -signal.SIGKILL
    assert names(tmp_path) == [".partial-1"]
    assert numbers(tmp_path) == []
    write(tmp_path)
    assert names(tmp_path) == ["1"]


def test_two_writers_do_not_meet(tmp_path):
    with new_version(tmp_path) as (part, path):
        with pytest.raises(BlockingIOError, match="in use"):
            write(tmp_path)
        assert part.exists()
    assert path.exists()


@pytest.mark.parametrize("version", [0, -1, 1.0, "2", True])
def test_what_is_no_version_is_refused(tmp_path, version):
    with pytest.raises(ValueError, match=f"version={version!r}"):
        write(tmp_path, version)
    assert names(tmp_path) == []


def test_the_newest_export_is_found(tmp_path):
    for version in (2, 10):
        with new_version(tmp_path, version) as (part, _):
            (part / "saved_model.pb").touch()
    assert newest(tmp_path) == tmp_path / "10"
    assert newest(tmp_path / "2") == tmp_path / "2"


def test_no_export_is_an_error_that_says_so(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(
            FileNotFoundError, match="no export.*mmkeras export"
        ):
            newest(folder)
