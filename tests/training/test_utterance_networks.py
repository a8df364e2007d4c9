"""Pretrained text networks encode the utterances of conversations."""

import dataclasses

import keras
import numpy as np
import pytest
from checks import numpy
from checks import only_tensorflow
from conversation_rows import scenes
from conversation_rows import turns

import mmkeras
from mmkeras import serving
from mmkeras.data import codecs
from mmkeras.tasks import frozen_parts
from mmkeras.training import engine
from mmkeras.training import recipes

NAME = "emotion-text-context"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data():
    return engine.Data(turns(), turns("val", 4))


def build(data, preset, name=NAME, length=32, **changes):
    keras.utils.set_random_seed(0)
    values = {"ema": 0.0, "epochs": 2, "batch_size": 4, **changes}
    recipe = dataclasses.replace(
        recipes.get(name),
        model={"dim": 8, "text": preset},
        precision="float32",
        **values,
    )
    task = engine.build(name, data, recipe, max_length=length)
    return task, recipe


@pytest.mark.parametrize(
    "train",
    [
        pytest.param({}, id="frozen", marks=pytest.mark.slow),
        pytest.param(
            {"fine_tune": "text"}, id="fine-tuned", marks=pytest.mark.slow
        ),
        pytest.param({"lora": 2}, id="lora", marks=pytest.mark.slow),
    ],
)
def test_a_network_encodes_every_utterance(bert, data, tmp_path, train):
    task, recipe = build(data, bert, **train)
    codec = task.codecs["text"]
    assert type(codec) is codecs.TokenDialogue
    assert codec.shape == (4, 32)
    branch = frozen_parts.branches(task.model)["text"].model
    before = [numpy(weight) for weight in branch.weights]
    examples = engine.Examples(task, data.val)
    assert examples.cached == (set() if train else {"text"})
    plain = engine.Examples(task, data.val, keep=False)
    np.testing.assert_allclose(examples.outputs(), plain.outputs(), atol=5e-3)
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    changed = [
        np.abs(numpy(weight) - old).max() > 0
        for old, weight in zip(before, branch.weights)
    ]
    assert any(changed) == bool(train)
    task.save(tmp_path)
    loaded = mmkeras.load(tmp_path)
    assert loaded.codecs["text"].get_config() == codec.get_config()
    dialogues = {"text": [["Ann: yes, great!", "Bob: oh no."], ["Oh no."]]}
    answers = task.answer(dialogues)
    assert [list(map(bool, row)) for row in answers["label"]] == [
        [True, True, False, False],
        [True, False, False, False],
    ]
    np.testing.assert_allclose(
        loaded.answer(dialogues)["probability"],
        answers["probability"],
        atol=1e-5,
    )


@pytest.mark.slow
def test_a_frozen_network_is_fused_with_the_voice(bert, tmp_path):
    rows = turns(voice=True)
    rows += [{**rows[0], "id": "silent", "group": "silent", "text": None}]
    data = engine.Data(rows, turns("val", 4, voice=True))
    task, recipe = build(data, bert)
    assert task.fields == ["text", "audio"]
    examples = engine.Examples(task, data.train)
    assert examples.cached == {"text"}
    plain = engine.Examples(task, data.train, keep=False)
    np.testing.assert_allclose(examples.outputs(), plain.outputs(), atol=5e-3)
    engine.fit(task, data, tmp_path, recipe, verbose=0)


@only_tensorflow
@pytest.mark.slow
@pytest.mark.usefixtures("checks_here")
def test_a_network_of_utterances_is_exported(bert, data, tmp_path):
    task, _ = build(data, bert)
    serving.export(task, tmp_path)  # Compares the answers.


@pytest.mark.slow
def test_a_network_encodes_a_dialogue_about_a_scene(bert, tmp_path):
    data = engine.Data(scenes(count=16), scenes("val", 8))
    name = "dialogue-text-scene-gru"
    task, recipe = build(data, bert, name, batch_size=8)
    assert type(task.codecs["text"]) is codecs.WordPieces
    assert engine.Examples(task, data.val).cached == {"text"}
    engine.fit(task, data, tmp_path, recipe, verbose=0)


@pytest.mark.slow
@pytest.mark.realdata
def test_utterances_of_like_meaning_have_like_vectors(data, pretrained):
    task, _ = build(data, f"hub:{pretrained('minilm')}")
    branch = frozen_parts.branches(task.model)["text"].model
    texts = "a dog runs on grass\na puppy plays outside\nhe plays a guitar"
    x = numpy(branch(task.codecs["text"]([texts])))[0]
    assert not x[3].any()
    x = x[:3] / np.linalg.norm(x[:3], axis=1, keepdims=True)
    assert x[0] @ x[1] > 0.4 > x[0] @ x[2]
