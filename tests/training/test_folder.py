import os
import subprocess
import sys

import pytest

from mmkeras.files import atomic
from mmkeras.training.folder import RunFolder


def test_writes_what_the_run_is(tmp_path):
    with RunFolder(tmp_path / "run").open({"seed": 3}) as folder:
        card = atomic.read_json(folder.path / "run.json")
    assert card["arguments"] == {"seed": 3}
    assert {"keras", "numpy", "python"} <= set(card["versions"])
    assert card["machine"]["cores"] >= 1


def test_same_arguments_resume(tmp_path):
    with RunFolder(tmp_path).open({"seed": 3}) as folder:
        folder.write("results.json", [1])
        started = atomic.read_json(tmp_path / "run.json")["started"]
    with RunFolder(tmp_path).open({"seed": 3}):
        assert atomic.read_json(tmp_path / "results.json") == [1]
        assert atomic.read_json(tmp_path / "run.json")["started"] == started


def test_other_arguments_are_refused_by_name(tmp_path):
    RunFolder(tmp_path).open({"seed": 3, "dim": 8}).close()
    with pytest.raises(ValueError, match="seed was 3, is 4.*--overwrite"):
        RunFolder(tmp_path).open({"seed": 4, "dim": 8})
    # The refusal let go of the folder.
    RunFolder(tmp_path).open({"seed": 3, "dim": 8}).close()


def test_overwrite_deletes_the_other_run(tmp_path):
    with RunFolder(tmp_path).open({"seed": 3}) as folder:
        folder.write("results.json", [1])
    with RunFolder(tmp_path).open({"seed": 4}, overwrite=True):
        assert not (tmp_path / "results.json").exists()
        assert atomic.read_json(tmp_path / "run.json")["arguments"] == {
            "seed": 4
        }


def test_the_difference_alone_is_shown(tmp_path):
    old = {"train": {"epochs": 10, "model": {"dim": 8}}, "seed": 3}
    new = {"train": {"epochs": 20, "model": {"dim": 8, "heads": 2}}}
    RunFolder(tmp_path).open(old).close()
    with pytest.raises(ValueError) as caught:
        RunFolder(tmp_path).open(new | {"seed": 3})
    message = str(caught.value)
    assert "train.epochs was 10, is 20; " in message
    assert "train.model.heads was not given, is 2. " in message
    assert "dim" not in message and "seed" not in message


def test_a_run_of_an_earlier_version_lacks_options_that_are_off(tmp_path):
    RunFolder(tmp_path).open({"train": {"epochs": 10}}).close()
    RunFolder(tmp_path).open({"train": {"epochs": 10, "lora": None}}).close()
    with pytest.raises(ValueError, match="train.lora was not given, is 8"):
        RunFolder(tmp_path).open({"train": {"epochs": 10, "lora": 8}})


def test_overwrite_goes_on_with_the_same_run(tmp_path):
    with RunFolder(tmp_path).open({"seed": 3}, overwrite=True) as folder:
        folder.write("checkpoint.npz", "progress")
    with RunFolder(tmp_path).open({"seed": 3}, overwrite=True):
        assert atomic.read_json(tmp_path / "checkpoint.npz") == "progress"


def test_overwrite_says_what_it_deletes_and_spares_other_files(tmp_path):
    reports = []
    with RunFolder(tmp_path).open({"seed": 3}) as folder:
        folder.write("results.json", [1])
        (tmp_path / "tensorboard").mkdir()
        (tmp_path / "thesis.tex").write_text("mine")
        (tmp_path / "photos").mkdir()
    RunFolder(tmp_path, reports.append).open({"seed": 4}, True).close()
    assert (tmp_path / "thesis.tex").exists()
    assert (tmp_path / "photos").exists()
    assert not (tmp_path / "results.json").exists()
    assert len(reports) == 1
    assert "seed was 3, is 4" in reports[0]
    assert "results.json, tensorboard, run.json" in reports[0]
    assert "thesis" not in reports[0]


@pytest.mark.parametrize("name", ["checkpoint.npz", "best.npz", "task.json"])
def test_files_of_an_unknown_run_are_refused(tmp_path, name):
    with RunFolder(tmp_path).open({"seed": 3}) as folder:
        folder.write(name, "of seed 3")
    (tmp_path / "run.json").unlink()
    for seed in (3, 4):
        with pytest.raises(ValueError, match=f"{name}.*no run.json.*--over"):
            RunFolder(tmp_path).open({"seed": seed})
    assert not (tmp_path / "run.json").exists()
    RunFolder(tmp_path).open({"seed": 4}, overwrite=True).close()
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "[" * 10**5])
def test_a_damaged_card_is_refused_by_name(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(
        ValueError, match="run.json (is not valid JSON|is damaged)"
    ):
        RunFolder(tmp_path).open({"seed": 3})
    RunFolder(tmp_path).open({"seed": 3}, overwrite=True).close()
    RunFolder(tmp_path).open({"seed": 3}).close()


def test_what_killed_processes_left_is_removed(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    part = tmp_path / f".task.{dead.pid}-0123abcd.part"
    part.mkdir()
    (part / "model.keras").touch()
    used = tmp_path / f".results.json.{os.getppid()}-0123abcd.part"
    used.touch()
    (tmp_path / ".mine.part").touch()
    RunFolder(tmp_path).open({}).close()
    left = {path.name for path in tmp_path.iterdir()}
    assert part.name not in left
    assert {used.name, ".mine.part"} <= left


def test_a_folder_in_use_is_refused_with_its_owner(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from mmkeras.training.folder import RunFolder\n"
            f"held = RunFolder({str(tmp_path)!r}).open({{}})\n"
            "print('open', flush=True)\n"
            "time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(OSError, match=f"in use by process {holder.pid}"):
            RunFolder(tmp_path).open({})
    finally:
        holder.kill()
        holder.wait()
    RunFolder(tmp_path).open({}).close()  # The dead hold nothing.
