"""Every tutorial runs from top to bottom; notebook and script are one."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "tutorials").glob("*.py"))


NEEDED = {  # Files below MMKERAS_DATA, by tutorial.
    "06_pretrained": (
        *("fsdd", "pretrained/whisper_tiny_en"),
        "pretrained/yamnet_audioset_fp16.npz",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_runs(script, tmp_path):
    data = pathlib.Path(os.environ.get("MMKERAS_DATA", "data"))
    missing = [
        n for n in NEEDED.get(script.stem, ()) if not (data / n).exists()
    ]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} in {data}")
    small = {"TUTORIAL_PICTURES": "16", "TUTORIAL_EPOCHS": "1"}
    environment = {**os.environ, **small, "MMKERAS_CACHE": str(tmp_path)}
    program = [sys.executable, ROOT / "tests" / "helpers" / "eager.py", script]
    subprocess.run(program, env=environment, check=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_notebook_is_in_step(script):
    jupytext = pytest.importorskip("jupytext")
    notebook = jupytext.read(script.with_suffix(".ipynb"))
    cells = [(c.cell_type, c.source) for c in jupytext.read(script).cells]
    assert [(c.cell_type, c.source) for c in notebook.cells] == cells
