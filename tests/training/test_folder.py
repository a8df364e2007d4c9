import subprocess
import sys

import pytest

from mmkeras.training import atomic
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
