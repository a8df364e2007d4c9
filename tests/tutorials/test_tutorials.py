"""Every tutorial runs from top to bottom; notebook and script are one."""

import os
import pathlib
import runpy

import matplotlib.pyplot as plt
import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "tutorials").glob("*.py"))


NEEDED = {  # Files below MMKERAS_DATA, by tutorial.
    "06_pretrained": (
        *("fsdd", "pretrained/whisper_tiny_en"),
        "pretrained/yamnet_audioset_fp16.npz",
    ),
}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Few examples and one epoch."""
    values = {"TUTORIAL_PICTURES": "12", "TUTORIAL_EPOCHS": "1"}
    for name, value in {**values, "MMKERAS_CACHE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    yield
    plt.close("all")


@pytest.mark.slow
@pytest.mark.usefixtures("eager_models", "checks_here", "small")
@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_runs(script):
    data = pathlib.Path(os.environ.get("MMKERAS_DATA", "data"))
    missing = [
        n for n in NEEDED.get(script.stem, ()) if not (data / n).exists()
    ]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} in {data}")
    runpy.run_path(str(script), run_name="__main__")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_notebook_is_in_step(script):
    jupytext = pytest.importorskip("jupytext")
    notebook = jupytext.read(script.with_suffix(".ipynb"))
    cells = [(c.cell_type, c.source) for c in jupytext.read(script).cells]
    assert [(c.cell_type, c.source) for c in notebook.cells] == cells
