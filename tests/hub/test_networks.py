"""Pretrained networks are found by folder, by name and by handle."""

import os
import pathlib
import subprocess
import sys

import hub_server
import keras_hub
import pytest
import tiny_presets

from mmkeras import hub

CODE = """
import mmkeras
from mmkeras import branches
from mmkeras.data import codecs

task = mmkeras.load("hub:hf://ann/clip")
vectors, errors = task.embed("text", ["it is red"])
codec = codecs.of_preset("hf://ann/clip", 20)
branch = branches.text.hub(
    "hf://ann/clip", codec.network_padding, offset=codec.network_offset
)
other = branch.predict(codec(["it is red"]), verbose=0)[0, 0]
print(errors, float(vectors[0] @ other / (other @ other) ** 0.5))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "config.json").write_text("{}")
    return tmp_path / "network"


def test_a_folder(folder):
    assert hub.find(f"hub:{folder}") == folder
    assert hub.is_network(folder)
    (folder / "task.json").write_text("{}")
    assert not hub.is_network(folder)


@pytest.mark.parametrize("name", ["clip", "kaggle://ann/clip/keras/base/2"])
def test_a_name_and_a_handle_are_downloaded(name, folder, monkeypatch):
    import kagglehub

    def download(handle):
        downloaded.append(handle)
        return str(folder)

    downloaded, preset = [], {"kaggle_handle": "kaggle://keras/clip/keras/b/1"}
    monkeypatch.setattr(kagglehub, "model_download", download)
    presets = {"clip": preset}
    monkeypatch.setattr(keras_hub.models.Backbone, "presets", presets)
    assert hub.find(f"hub:{name}") == pathlib.Path(folder)
    assert downloaded == [
        "keras/clip/keras/b/1" if name == "clip" else "ann/clip/keras/base/2"
    ]


def test_a_failed_download_says_so(monkeypatch):
    import kagglehub

    def download(handle):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(kagglehub, "model_download", download)
    with pytest.raises(OSError, match="ann/clip.*no route to host.*folder of"):
        hub.find("hub:kaggle://ann/clip/keras/base/2")


@pytest.mark.slow
def test_hugging_face(tmp_path):
    """From a loopback server, in a process of its own."""
    preset = tiny_presets.clip(tmp_path / "preset")
    with hub_server.serving({"ann/clip": preset}) as (address, requested):
        process = subprocess.run(
            [sys.executable, "-c", CODE],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={
                **os.environ,
                "HF_ENDPOINT": address,
                "HF_HOME": str(tmp_path / "hf"),
                "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            },
        )
    assert process.returncode == 0, process.stderr
    errors, cosine = process.stdout.splitlines()[-1].split()
    assert errors == "['']" and float(cosine) == pytest.approx(1, abs=1e-5)
    assert any("merges.txt" in path for path in requested)
