import json
import os
import subprocess
import sys

import hub_server
import pytest

from mmkeras import hub
from mmkeras.files import digests

FILES = ("config.json", "model.weights.h5", "task.json", "README.md")
CODE = "import sys; from mmkeras import hub; print(hub.find(sys.argv[1]))"


@pytest.fixture(autouse=True)
def no_presets(monkeypatch):
    monkeypatch.delenv(hub.presets.VARIABLE, raising=False)


def write(folder):
    """A preset whose files are not those of a model."""
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text(f"contents of {name}")
    facts = dict.fromkeys(hub.presets._EXPECTED["preset"], "")
    card = {
        "preset": {**facts, "name": folder.name},
        "sha256": {name: digests.digest(folder / name) for name in FILES},
    }
    (folder / hub.CARD).write_text(json.dumps(card))
    return folder


def test_a_folder_is_found_by_its_path(tmp_path):
    assert hub.find(str(tmp_path)) == tmp_path
    assert hub.find(tmp_path) == tmp_path


def test_a_name_is_found_in_the_folders_of_the_variable(tmp_path, monkeypatch):
    first, second = write(tmp_path / "a" / "one"), write(tmp_path / "b" / "two")
    write(tmp_path / "b" / "one")
    value = os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")])
    monkeypatch.setenv(hub.presets.VARIABLE, value)
    assert hub.find("two") == second
    assert hub.find("one") == first  # The first folder takes precedence.
    assert {"one", "two"} <= set(hub.folders())


def test_a_folder_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(hub.presets.VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        hub.find("captioner")


def test_a_name_is_found_in_an_installed_package(tmp_path, monkeypatch):
    folder = write(tmp_path / "zoo_of_others" / "presets" / "theirs")
    package = tmp_path / "zoo_of_others" / "__init__.py"
    package.write_text("raise RuntimeError('it was executed')")
    info = tmp_path / "zoo_of_others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: zoo-of-others\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[mmkeras.presets]\nall = zoo_of_others.presets\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert hub.find("theirs") == folder


def test_an_entry_point_of_a_removed_package_is_ignored(tmp_path, monkeypatch):
    info = tmp_path / "removed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: removed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mmkeras.presets]\nx = removed\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert isinstance(hub.folders(), dict)


def test_an_unknown_name_gets_a_suggestion(tmp_path, monkeypatch):
    write(tmp_path / "captioner")
    monkeypatch.setenv(hub.presets.VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="Did you mean captioner"):
        hub.find("captionr")


def test_without_presets_the_error_says_where_they_are(monkeypatch):
    monkeypatch.setattr(hub.presets, "_parents", lambda: [])
    with pytest.raises(
        FileNotFoundError, match="zoo/presets of the repository"
    ):
        hub.find("captioner")


def test_a_run_is_not_a_preset(tmp_path):
    (tmp_path / "task.json").write_text("{}")
    assert not hub.is_preset(tmp_path)
    assert hub.is_preset(write(tmp_path / "preset"))


@pytest.mark.parametrize("name", FILES)
def test_a_changed_or_missing_file_is_named(tmp_path, name):
    folder = write(tmp_path / "preset")
    hub.check(folder)
    (folder / name).write_text("other contents")
    with pytest.raises(ValueError, match=f"{name} is not the file"):
        hub.check(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"{name} is missing"):
        hub.check(folder)


@pytest.mark.parametrize("name", FILES[:3])
def test_every_file_of_the_model_needs_a_digest(tmp_path, name):
    folder = write(tmp_path / "preset")
    card = json.loads((folder / hub.CARD).read_text())
    del card["sha256"][name]
    (folder / hub.CARD).write_text(json.dumps(card))
    with pytest.raises(ValueError, match=name):
        hub.check(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"preset": 3}', "{}"])
def test_a_damaged_card_is_named(tmp_path, text):
    folder = write(tmp_path / "preset")
    (folder / hub.CARD).write_text(text)
    with pytest.raises(ValueError, match=hub.CARD):
        hub.check(folder)


class TestHuggingFace:
    @pytest.fixture
    def run(self, tmp_path):
        """Finds presets in a process of its own, from a loopback server."""

        def run(repositories, *names, endpoint=None):
            with hub_server.serving(repositories) as (address, requested):
                environment = {
                    **os.environ,
                    "HF_ENDPOINT": endpoint or address,
                    "HF_HOME": str(tmp_path / "hf"),
                    "HF_HUB_DISABLE_XET": "1",
                    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                }
                processes = [
                    subprocess.run(
                        [sys.executable, "-c", CODE, name],
                        capture_output=True,
                        text=True,
                        env=environment,
                        cwd=tmp_path,
                    )
                    for name in names
                ]
            return processes, requested

        return run

    def test_downloads_the_files(self, tmp_path, run):
        folder = write(tmp_path / "preset")
        (folder / "code.py").write_text("raise RuntimeError")
        [process], requested = run({"ann/mine": folder}, "hf://ann/mine")
        assert process.returncode == 0, process.stderr
        found = process.stdout.strip()
        hub.check(found)
        assert sorted(os.listdir(found)) == sorted([*FILES, hub.CARD])
        assert not any("code.py" in path for path in requested)

    def test_downloads_a_revision(self, tmp_path, run):
        folder = write(tmp_path / "preset")
        [process], requested = run({"ann/mine": folder}, "hf://ann/mine@v2")
        assert process.returncode == 0, process.stderr
        assert any(path.endswith("/revision/v2") for path in requested)

    @pytest.mark.parametrize("name", ["hf://bob/other", "hf://a/b/c", "hf://"])
    def test_an_unknown_one_gets_an_error(self, tmp_path, run, name):
        [process], _ = run({"ann/mine": write(tmp_path / "preset")}, name)
        assert f"FileNotFoundError: There is no preset {name}" in process.stderr

    def test_another_model_gets_an_error(self, tmp_path, run):
        folder = write(tmp_path / "preset")
        (folder / "task.json").unlink()
        [process], _ = run({"ann/mine": folder}, "hf://ann/mine")
        assert "is not a preset of mmkeras" in process.stderr

    def test_without_a_network_the_error_says_so(self, run):
        nowhere = "http://127.0.0.1:9"
        [process], _ = run({}, "hf://ann/mine", endpoint=nowhere)
        assert "could not be downloaded" in process.stderr
