import errno
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from mmkeras.data import store


class Maker:
    """Fills rows with their number, and records its calls."""

    def __init__(self, rows=10, bad=(), stop=None):
        self.rows, self.bad, self.stop, self.calls = rows, bad, stop, []

    def __call__(self, array, start):
        self.calls.append(start)
        for row in range(start, self.rows):
            if row == self.stop:
                raise RuntimeError("stopped")
            array[row] = row + 1
            yield row + 1, self.rows, [b for b in self.bad if b[0] == row]


def fetch(folder, make, key=1, **options):
    shape = (make.rows, 3)
    return store.cached({"k": key}, make, shape, "int32", folder, **options)


EXPECTED = np.repeat(np.arange(1, 11)[:, None], 3, 1)


def test_makes_once(tmp_path):
    make, progress = Maker(), []
    array = fetch(tmp_path, make, progress=lambda *at: progress.append(at))
    np.testing.assert_array_equal(array, EXPECTED)
    assert progress == [(done, 10) for done in range(1, 11)]
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable
    again = fetch(tmp_path, make, progress=lambda *at: progress.append(at))
    np.testing.assert_array_equal(again, EXPECTED)
    assert make.calls == [0]
    assert len(progress) == 10


def test_an_array_depends_on_its_key_shape_and_type(tmp_path):
    make = Maker()
    fetch(tmp_path, make)
    fetch(tmp_path, make, key=2)
    store.cached({"k": 1}, make, (10, 2), "int32", tmp_path)
    store.cached({"k": 1}, make, (10, 3), "int16", tmp_path)
    assert make.calls == [0] * 4


def test_default_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "here"))
    fetch(None, Maker())
    assert len(list((tmp_path / "here").glob("*.npy"))) == 1


def npy(folder):
    (path,) = folder.glob("*.npy")
    return path


@pytest.mark.parametrize("size", [0, 50, 130, 247])
def test_a_truncated_file_is_made_again(tmp_path, size):
    make = Maker()
    fetch(tmp_path, make)
    os.truncate(npy(tmp_path), size)
    np.testing.assert_array_equal(fetch(tmp_path, make), EXPECTED)
    assert make.calls == [0, 0]


def test_a_damaged_file_is_made_again(tmp_path):
    make = Maker()
    fetch(tmp_path, make)
    with npy(tmp_path).open("r+b") as file:
        file.seek(200)
        file.write(b"\xff")
    np.testing.assert_array_equal(fetch(tmp_path, make), EXPECTED)
    assert make.calls == [0, 0]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"spots": 3}'])
def test_a_damaged_description_is_made_again(tmp_path, text):
    make = Maker()
    fetch(tmp_path, make)
    path = npy(tmp_path).with_suffix(".json")
    path.unlink() if text is None else path.write_text(text)
    np.testing.assert_array_equal(fetch(tmp_path, make), EXPECTED)
    assert make.calls == [0, 0]


def test_bad_rows_are_never_silent(tmp_path):
    make = Maker(bad=[(3, "torn"), (8, "empty")])
    for _ in range(2):
        with pytest.raises(ValueError, match="2 images.*3: torn; 8: empty"):
            fetch(tmp_path, make)
    for _ in range(2):
        errors = []
        fetch(tmp_path, make, errors=errors)
        assert errors == [(3, "torn"), (8, "empty")]
    assert make.calls == [0]


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="stopped"):
        fetch(tmp_path, Maker(stop=4))
    assert {file.suffix for file in tmp_path.iterdir()} <= {".lock"}


def test_resumes_after_ctrl_c(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_SECONDS_BETWEEN_RECORDS", -1)

    def interrupt(done, total):
        if done == 6:
            raise KeyboardInterrupt

    make = Maker(bad=[(2, "torn"), (7, "empty")])
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, make, progress=interrupt, errors=[])
    errors = []
    np.testing.assert_array_equal(
        fetch(tmp_path, make, errors=errors), EXPECTED
    )
    assert make.calls == [0, 5]
    assert errors == [(2, "torn"), (7, "empty")]
    suffixes = {file.suffix for file in tmp_path.iterdir()}
    assert suffixes == {".npy", ".json", ".lock"}


SCRIPT = """
import sys, time
from mmkeras.data import store
store._SECONDS_BETWEEN_RECORDS = -1
def make(array, start):
    for row in range(start, 10):
        array[row] = row + 1
        yield row + 1, 10, []
        if row == 6:
            print("here", flush=True)
            time.sleep(60)
store.cached({"k": 1}, make, (10, 3), "int32", sys.argv[1])
"""


def test_resumes_after_kill(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not list(tmp_path.glob("*.npy"))
    make = Maker()
    np.testing.assert_array_equal(fetch(tmp_path, make), EXPECTED)
    assert make.calls == [7]


def test_starts_again_if_the_part_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_SECONDS_BETWEEN_RECORDS", -1)

    def interrupt(done, total):
        if done == 6:
            raise KeyboardInterrupt

    make = Maker()
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, make, progress=interrupt)
    (part,) = tmp_path.glob("*.part")
    os.truncate(part, 150)
    np.testing.assert_array_equal(fetch(tmp_path, make), EXPECTED)
    assert make.calls == [0, 0]


def test_a_full_disk_is_a_clear_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="MMKERAS_CACHE") as caught:
            fetch(tmp_path, Maker())
    assert caught.value.errno == errno.ENOSPC
    assert {file.suffix for file in tmp_path.iterdir()} <= {".lock"}
    np.testing.assert_array_equal(fetch(tmp_path, Maker()), EXPECTED)


def test_reserves_space_before_it_is_filled(tmp_path):
    blocks = []

    def make(array, start):
        (part,) = tmp_path.glob("*.part")
        blocks.append(part.stat().st_blocks * 512)
        array[:] = 1
        yield 1, 1, []

    store.cached({}, make, (1000, 1000), "uint8", tmp_path)
    assert blocks[0] >= 1_000_000


def test_reserves_space_without_posix_fallocate(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate")
    np.testing.assert_array_equal(fetch(tmp_path, Maker()), EXPECTED)


def test_a_second_one_waits_for_the_first(tmp_path):
    started, resume = threading.Event(), threading.Event()
    calls, results = [], []

    def make(array, start):
        calls.append(start)
        started.set()
        resume.wait(30)
        array[:] = 7
        yield 1, 1, []

    def fetch_it():
        results.append(store.cached({}, make, (2, 2), "int32", tmp_path))

    threads = [threading.Thread(target=fetch_it) for _ in range(2)]
    threads[0].start()
    started.wait(30)
    threads[1].start()
    resume.set()
    for thread in threads:
        thread.join()
    assert calls == [0]
    assert [int(result.sum()) for result in results] == [28, 28]


def test_clear_deletes_its_own_files_alone(tmp_path):
    fetch(tmp_path, Maker())
    fetch(tmp_path, Maker(), key=2)
    others = ["notes.json", "a.npy", "x" * 32 + ".npy"]
    for name in others:
        (tmp_path / name).write_text("mine")
    assert store.clear(tmp_path) > 2 * 120
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(others)
    np.testing.assert_array_equal(fetch(tmp_path, Maker()), EXPECTED)
    assert store.clear(tmp_path / "nowhere") == 0


def test_nothing_is_unpickled(tmp_path):
    make = Maker()
    fetch(tmp_path, make)
    path = npy(tmp_path)
    np.save(path, np.array([print] * 3, object), allow_pickle=True)
    about = path.with_suffix(".json")
    content = json.loads(about.read_text())
    about.write_text(json.dumps({**content, "spots": store._checksum(path)}))
    np.testing.assert_array_equal(fetch(tmp_path, make), EXPECTED)
    assert make.calls == [0, 0]
