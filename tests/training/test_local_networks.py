"""Training without choosing an architecture or networks."""

import json

import numpy as np
import pytest
from noted import Notes

import mmkeras
from mmkeras.files import atomic
from mmkeras.training import linear_head
from mmkeras.training import local_networks

NAME = "classify-any"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(local_networks.VARIABLE, raising=False)


@pytest.fixture
def networks(tmp_path, monkeypatch):
    """A folder of what are, by name and configuration, networks."""
    folder = tmp_path / "networks"
    for name, config in (
        ("minilm", {"model_type": "bert"}),
        ("roberta", {"class_name": "RobertaBackbone"}),
        ("whisper", {"class_name": "WhisperBackbone"}),
        ("lite", {"class_name": "EfficientNetBackbone"}),
        ("other", {"model_type": "llama"}),
        ("list", [1]),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))
    (folder / "yamnet_audioset.npz").touch()
    (folder / "mobilenet_v2.npz").touch()
    (folder / "word_vectors.npz").touch()
    monkeypatch.setenv(local_networks.VARIABLE, str(folder))
    return folder


def vectors(count=30):
    rng = np.random.default_rng(0)
    return [
        {
            "id": f"{i}",
            "features": rng.normal(3.0 * (i % 2), 1.0, 5).tolist(),
            "label": "ab"[i % 2],
        }
        for i in range(count)
    ]


def test_networks_are_found_by_name_and_configuration(networks):
    images = [f"{networks}/mobilenet_v2.npz", f"hub:{networks}/lite"]
    assert local_networks.find() == {
        "text": [f"hub:{networks}/minilm", f"hub:{networks}/roberta"],
        "image": images,
        "video": images,
        "audio": [
            f"yamnet:{networks}/yamnet_audioset.npz",
            f"hub:{networks}/whisper",
        ],
    }


def test_only_a_named_folder_is_searched(tmp_path, monkeypatch):
    assert local_networks.find() == {}
    with pytest.raises(FileNotFoundError, match="names no folder"):
        local_networks.find(tmp_path / "none")


def test_networks_are_chosen_for_the_columns_there_are(networks):
    rows = [{"text": "a", "audio": "a.wav", "image": None, "features": None}]
    given = {"model.audio": f"hub:{networks}/whisper"}
    chosen, note = local_networks.choose(NAME, rows, given)
    assert chosen == {"model.text": f"hub:{networks}/minilm"}
    assert f"text: model.text=hub:{networks}/minilm" in note
    assert f"audio: hub:{networks}/whisper, as given" in note
    assert "image" not in note
    chosen, note = local_networks.choose(NAME, [{"image": "a.png"}], {})
    assert chosen == {"model.image": f"{networks}/mobilenet_v2.npz"}
    assert "(others there: hub:lite)" in note


def test_a_task_alone_trains_on_the_columns_there_are(tmp_path):
    notes = Notes()
    task = mmkeras.train(
        "classify", vectors(), tmp_path, reporter=notes, precision="float32"
    )
    assert task.model.name == "classify_any" and task.fields == ["features"]
    assert linear_head.is_linear(task.model)
    assert any("features: as they are" in note for note in notes.notes)
    card = atomic.read_json(tmp_path / "run.json")
    assert card["arguments"]["architecture"] == NAME
    training = atomic.read_json(tmp_path / "training.json")
    assert training["cross_validation"]["value"] > 0.9
    answers = mmkeras.predict(
        tmp_path, [{"features": [3.0] * 5}, {"features": [0.0] * 5}]
    )
    assert [answer["label"] for answer in answers] == ["b", "a"]


def test_texts_are_trained_from_scratch_without_networks(tmp_path):
    rows = [
        {**row, "text": f"day {('good', 'bad')[i % 2]}"}
        for i, row in enumerate(vectors())
    ]
    notes = Notes()
    task = mmkeras.train(
        *("classify", rows, tmp_path),
        reporter=notes,
        precision="float32",
        epochs=1,
    )
    assert set(task.fields) == {"text", "features"}
    assert not linear_head.is_linear(task.model)
    assert any("text: trained from scratch" in note for note in notes.notes)
