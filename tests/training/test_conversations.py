"""Models of conversations: from rows to training, answers and an export."""

import dataclasses

import keras
import numpy as np
import pytest
from checks import only_tensorflow
from conversation_rows import scenes
from conversation_rows import turns

from mmkeras import serving
from mmkeras.data import codecs
from mmkeras.tasks import groups
from mmkeras.training import engine
from mmkeras.training import recipes

FEELS, PICKS = "emotion-text-context", "dialogue-text-scene-gru"


def build(name, data, **changes):
    keras.utils.set_random_seed(0)
    recipe = dataclasses.replace(
        recipes.get(name),
        **{"model": {"dim": 16, "dropout": 0.0}, "ema": 0.0, **changes},
        precision="float32",
    )
    return engine.build(name, data, recipe), recipe


@pytest.fixture(scope="module")
def dialogues():
    return engine.Data(turns(), turns("val", 4))


@pytest.fixture(scope="module")
def trained(dialogues, tmp_path_factory):
    task, recipe = build(FEELS, dialogues, epochs=8, batch_size=2)
    folder = tmp_path_factory.mktemp("run")
    engine.fit(task, dialogues, folder, recipe, verbose=0)
    return task


def test_rows_become_turns_of_conversations(dialogues):
    joined = groups.join(dialogues.train)
    assert len(joined) == 12
    first = joined[1]
    rows = [row for row in dialogues.train if row["group"] == first["id"]]
    assert first["ids"] == [row["id"] for row in rows]
    assert first["label"] == [row["label"] for row in rows]
    assert first["text"] == [f"{r['speaker']}: {r['text']}" for r in rows]
    cut = groups.join(dialogues.train, 2)
    assert sum((row["ids"] for row in cut), []) == [
        row["id"] for row in dialogues.train
    ]
    assert max(len(row["text"]) for row in cut) == 2
    nobody = [{**row, "speaker": ""} for row in rows]
    assert groups.join(nobody)[0]["text"] == [r["text"] for r in rows]
    alone = [{**rows[0], "group": None}]
    with pytest.raises(ValueError, match="`group`. Received"):
        groups.join(alone)


def test_emotions_are_learned_and_predicted(trained, dialogues):
    assert trained.fields == ["text"]
    assert "!" in trained.codecs["text"].vocabulary
    examples = engine.Examples(trained, dialogues.val)
    assert trained.score(examples, examples.outputs())["f1_weighted"] > 0.9
    dialogue = ["Ann: yes, great!", "Bob: oh no."]
    answers = trained.answer(
        {"text": [dialogue, "oh no.", None, ["oh no."] * 5]}
    )
    assert [list(row) for row in answers["label"][:2]] == [
        ["joy", "sadness", "", ""],
        ["sadness", "", "", ""],
    ]
    assert answers["probability"].shape == (4, 4, 2)
    np.testing.assert_allclose(answers["probability"][0, :2].sum(-1), 1, 1e-5)
    assert not answers["probability"][0, 2:].any()
    assert list(answers["error"]) == [
        "",
        "",
        "example has no input: text is missing",
        "text: 5 turns; the model was trained with at most 4",
    ]


def test_a_longer_conversation_is_predicted_in_parts(trained):
    longer = [{**row, "group": "one"} for row in turns("test", 4)]
    examples = engine.Examples(trained, longer)
    assert examples.names == [row["id"] for row in longer]
    assert len(examples) == -(-len(longer) // 4)


def test_a_voice_fills_its_slot():
    data = engine.Data(turns(voice=True), turns("val", 4, voice=True))
    del data.train[0]["audio"]
    task, _ = build(FEELS, data)
    assert task.fields == ["text", "audio"]
    assert type(task.codecs["text"]) is codecs.Dialogue
    assert task.codecs["audio"].shape == (4, 3)
    examples = engine.Examples(task, data.train)
    x = examples.inputs(np.array([0]))
    assert not x["audio"][0, 0].any() and x["audio"][0, 1].all()
    assert examples.outputs(["text"]).shape == (12, 4, 2)


@pytest.mark.slow
def test_conversations_and_scenes_go_through_training(tmp_path):
    data = engine.Data(scenes(), scenes("val", 12))
    task, recipe = build(PICKS, data, epochs=2, batch_size=8)
    assert task.fields == ["text", "scene"] and recipe.bucket_by_length
    notes = engine.fit(task, data, tmp_path, recipe, verbose=0)
    assert notes["epochs"] == 2 and notes["corrupt"] == []
    examples = engine.Examples(task, data.val)
    assert examples.outputs(["scene"]).shape == (12, 3)
    row = data.val[0]
    answers = task.answer({"text": [row["text"]], "scene": [row["scene"]]})
    assert answers["label"].shape == (1,) and not answers["error"][0]


@only_tensorflow
@pytest.mark.slow
@pytest.mark.usefixtures("checks_here")
def test_an_export_tells_the_same_of_a_conversation(trained, tmp_path):
    serving.export(trained, tmp_path)  # It compares, or fails.
