"""Run folders as the command line takes them: resumed, refused, replaced."""

import json
import os
import shutil
import subprocess
import sys

import image_files
import numpy as np
import pytest
import tensorflow as tf
from command_line import call

from mmkeras.files import atomic

TRAIN = [
    *["train", "classify-text-bow", "train.batch_size=4"],
    *["model.dim=4", "train.precision=float32", "data.min_count=1"],
]
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Leaves out what takes longer than a few steps: tracing."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def train(table, out, *options, epochs=2, seed=0):
    arguments = [f"train.epochs={epochs}", "--seed", seed, *options]
    return call(*TRAIN, "--data", table, "--out", out, *arguments)


def write(folder, good="good", count=8):
    """A table of texts of two classes."""
    folder.mkdir(exist_ok=True)
    lines = [
        {
            "id": f"{split}-{i}",
            "split": split,
            "text": f"day {i % 2 and good or 'bad'} {i}",
            "label": "pos" if i % 2 else "neg",
        }
        for split in ("train", "val", "test")
        for i in range(count)
    ]
    text = "\n".join(map(json.dumps, lines))
    (folder / "table.jsonl").write_text(text)
    return folder


def weights(run):
    with np.load(run / "checkpoint.npz") as arrays:
        return {n: arrays[n] for n in arrays.files if n != "notes"}


def logged(run):
    return (run / "log.csv").read_bytes()


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write(tmp_path_factory.mktemp("table"))


@pytest.fixture(scope="module")
def finished(table, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "run"
    result = train(table, run)
    assert result.exit_code == 0, result.output
    return run


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def test_weights_of_another_seed_are_never_taken(run, table):
    (run / "run.json").unlink()
    result = train(table, run, seed=1)
    assert result.exit_code == 1
    assert "checkpoint.npz" in result.output and "--overwrite" in result.output
    before = weights(run)
    result = train(table, run, "--overwrite", seed=1)
    assert result.exit_code == 0, result.output
    assert "Deleting: best.npz, checkpoint.npz" in result.output
    assert any((weights(run)[n] != v).any() for n, v in before.items())


def test_a_checkpoint_of_another_run_is_refused(run, finished, table):
    card = atomic.read_json(run / "run.json")
    card["arguments"]["seed"] = 1
    atomic.write_json(run / "run.json", card)
    result = train(table, run, seed=1)
    assert result.exit_code == 1
    assert "checkpoint.npz was written by a run with other" in result.output
    result = call("evaluate", run)
    assert result.exit_code == 1
    assert "training.json was written by a run with other" in result.output


def test_overwrite_goes_on_with_the_same_run(run, table):
    log = logged(run)
    (run / "training.json").unlink()  # As if killed before it was written.
    result = train(table, run, "--overwrite")
    assert result.exit_code == 0, result.output
    assert "Deleting" not in result.output
    assert logged(run) == log


def test_the_changed_option_alone_is_shown(run, table):
    result = train(table, run, epochs=3)
    assert result.exit_code == 1
    assert "another run: train.epochs was 2, is 3. Give" in result.output


def test_changed_texts_are_noticed(run, tmp_path):
    changed = write(tmp_path / "changed", good="nice")
    result = train(changed, run)
    assert result.exit_code == 1
    assert "fingerprint was" in result.output
    moved = write(tmp_path / "moved")
    result = train(moved, run)
    assert result.exit_code == 0, result.output


def test_changed_word_vectors_are_noticed(table, tmp_path):
    run, vectors = tmp_path / "run", tmp_path / "vectors.txt"
    words = ["good", "bad", "day", *"01234567"]
    lines = [f"{word} {i} 0 0 1" for i, word in enumerate(words)]
    vectors.write_text("\n".join(lines))
    result = train(table, run, f"data.word_vectors={vectors}")
    assert result.exit_code == 0, result.output
    vectors.write_text("\n".join(lines[::-1]))
    result = train(table, run, f"data.word_vectors={vectors}")
    assert result.exit_code == 1
    assert "files.data.word_vectors was" in result.output


@pytest.mark.parametrize("name", ["checkpoint.npz", "best.npz"])
def test_a_damaged_file_is_one_line(run, table, name):
    (run / name).write_bytes((run / name).read_bytes()[:-30])
    result = train(table, run)
    assert result.exit_code == 1
    assert f"{name} is damaged" in result.output
    assert "Traceback" not in result.output


def test_what_a_killed_process_left_is_removed(run, table):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (run / f".task.{dead.pid}-00000000.part").mkdir()
    result = train(table, run)
    assert result.exit_code == 0, result.output
    left = {path.name for path in run.iterdir() if path.name[0] == "."}
    assert left <= {".lock", ".owner", ".results.json.lock"}


@pytest.mark.slow
def test_two_measurements_at_once_are_both_written(run):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    (run / "results.json").unlink()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "mmkeras.cli", "evaluate", str(run)]
            + ["--split", split],
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        for split in ("train", "val", "test")
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert set(atomic.read_json(run / "results.json")) == {
        *("train", "val", "test")
    }


@pytest.mark.parametrize("name", ["run.json", "training.json", "results.json"])
@pytest.mark.parametrize("text", ["[]", "{", '{"arguments": {}}', "[" * 10**5])
def test_a_strange_file_of_a_run_is_one_line(run, name, text):
    if name != "run.json" and text.startswith('{"'):
        return  # An object without what is not needed here.
    (run / name).write_text(text)
    result = call("evaluate", run)
    assert result.exit_code == 1
    assert name in result.output and "Error" in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("text", ["[]", "{}", '{"seeds": {"0": {}}}'])
def test_a_strange_file_of_results_is_one_line(tmp_path, text):
    path = tmp_path / "a--b.json"
    path.write_text(text)
    for arguments in (
        ["results", "--folder", tmp_path, "--out", tmp_path / "page.md"],
        ["reproduce", path],
    ):
        result = call(*arguments)
        assert result.exit_code == 1
        assert "a--b.json is damaged" in result.output.replace("\n", "")
        assert isinstance(result.exception, SystemExit)


def write_images(folder, bright):
    """A table of images of equal names, sizes and times in every folder."""
    folder.mkdir()
    lines = []
    for split in ("train", "val"):
        for i in range(8):
            label = ("pos", "neg")[i % 2]
            path = folder / f"{split}-{i}.bmp"
            shade = 200 + i if label == bright else 20 + i
            plain = np.full((16, 16, 3), shade, "uint8")
            path.write_bytes(image_files.save(plain, "BMP"))
            os.utime(path, (1e9, 1e9))
            row = {"image": path.name, "label": label, "split": split}
            lines.append(json.dumps(row))
    (folder / "table.jsonl").write_text("\n".join(lines))
    return folder


@pytest.mark.slow
def test_another_folder_is_measured_by_its_own_images(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    first = write_images(tmp_path / "first", "pos")
    second = write_images(tmp_path / "second", "neg")
    run = tmp_path / "run"
    result = call(
        *["train", "classify-image-cnn", "--data", first],
        *["--out", run, "data.image_size=16"],
        *["model.dim=4", "train.epochs=1", "train.batch_size=4"],
    )
    assert result.exit_code == 0, result.output
    measured = []
    for folder in (first, second):
        # By a relative path, which is the same for both.
        monkeypatch.chdir(folder)
        result = call(
            *["evaluate", run, "--data", "."],
            *["--split", "train"],
        )
        assert result.exit_code == 0, result.output
        results = atomic.read_json(run / "results.json")
        measured.append(results["train"]["metrics"])
    assert measured[0] != measured[1]
