"""Dialogues about images: trained, evaluated, exported."""

import dialogue_datasets
import keras
import numpy as np
import pytest
from checks import only_tensorflow

from mmkeras import evaluation
from mmkeras import metrics
from mmkeras import serving
from mmkeras.cli.dialogue import Dialogue
from mmkeras.data import datasets
from mmkeras.serving import client
from mmkeras.tasks import modalities
from mmkeras.training import engine
from mmkeras.training import recipes

TINY = {"image_size": 32, "max_length": 12, "min_count": 1}
SOURCE = datasets.get("visdial")
pytestmark = pytest.mark.usefixtures("eager_models")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visdial")
    dialogue_datasets.visdial(folder, counts=(10, 4))
    return folder


def train(folder, out, name, only=None):
    keras.utils.set_random_seed(0)
    rows = [SOURCE.rows(split, folder) for split in ("train", "val")]
    data = engine.Data(*rows)
    recipe = recipes.Recipe(
        epochs=1,
        batch_size=8,
        learning_rate=1e-2,
        monitor="accuracy",
        label_smoothing=0.0,
        precision="float32",
        model={
            "dim": 8,
            "dropout": 0.0,
            **(
                {"heads": 2, "depth": 1} if name.endswith("transformer") else {}
            ),
        },
    )
    task = engine.build(name, data, recipe, **TINY)
    if only:
        data = engine.Data(
            *(modalities.select(task, some, only) for some in rows)
        )
    engine.fit(task, data, out, recipe, verbose=0)
    return task


@pytest.fixture(
    scope="module",
    params=[
        "modules",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("late", "memory", "transformer")
        ),
    ],
)
def task(request, folder, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("run")
        patch.setenv("MMKERAS_CACHE", str(home / "cache"))
        yield train(folder, home, f"dialogue-text-image-{request.param}")


def batch_of(task, **values):
    """A batch of one example, with what the task needs."""
    batch = {"question": ["is it red"], **values}
    if "candidates" in task.fields:
        batch["candidates"] = [["yes", "no", "maybe"]] * len(batch["question"])
    return batch


def test_is_measured_on_every_part(task, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path))
    examples = engine.Examples(task, SOURCE.rows("test", folder))
    scores, subsets = evaluation.evaluate(examples, draws=5)
    assert ("history", "question") in subsets.scores
    assert 0 <= scores["accuracy"] <= 1
    if task.target.generates:
        assert examples.loss(None) > 0
    if "candidates" not in task.fields:
        assert "mrr" not in scores
        return
    logits = examples.outputs()
    assert logits.shape == (12, dialogue_datasets.CANDIDATES)
    assert scores["recall_1"] == scores["accuracy"]
    assert scores["recall_5"] == 1
    relevance = [r["relevance"] for r in examples.rows if r["relevance"]]
    known = [i for i, row in enumerate(examples.rows) if row["relevance"]]
    assert len(known) == 4
    assert scores["ndcg"] == pytest.approx(
        metrics.ranking.ndcg(logits[known], relevance)
    )


def test_all_texts_have_one_vocabulary(task):
    fields = [f for f in task.fields if f != "image"]
    known = {tuple(task.codecs[field].vocabulary) for field in fields}
    assert len(known) == 1
    assert {"red", "color", "image"} <= set(*known)


def test_an_answer_may_need_the_history(task):
    turns = ["a red image", "what color is it red"]
    batch = batch_of(task, history=[turns])
    answers = task.answer(batch)
    assert answers["error"].tolist() == [""]
    same = task.answer({**batch, "history": ["\n".join(turns)]})
    padded = task.answer({**batch, "history": [[*turns, ""]]})
    for other in (same, padded):
        np.testing.assert_array_equal(
            other["probability"], answers["probability"]
        )
    other = task.answer({**batch, "history": [["a blue image"]]})
    assert np.abs(other["probability"] - answers["probability"]).max() > 0
    if "candidates" in task.fields:
        assert answers["label"][0] in ("yes", "no", "maybe")
        assert (answers["probability"][0, 3:] == 0).all()
        none = task.answer({"question": ["is it red"]})
        error = "candidates: expected at least one candidate"
        assert none["error"].tolist() == [error]
        assert none["label"].tolist() == [""]


def test_a_dialogue_keeps_its_history(task):
    candidates = ["yes", "no"] if "candidates" in task.fields else None
    dialogue = Dialogue(task, candidates=candidates)
    max_turns = task.codecs["history"].turns
    for _ in range(max_turns + 1):
        answer, probability, error = dialogue.ask("is it red")
        assert answer and 0 < probability <= 1 and not error
    assert (
        dialogue.turns[0].startswith("is it red ")
        and len(dialogue.turns) == max_turns + 1
    )
    batch = {
        "question": ["is it red"],
        "history": [dialogue.turns[-max_turns:]],
    }
    if candidates:
        batch["candidates"] = [candidates]
    expected = task.answer(batch)["label"][0]
    assert dialogue.ask("is it red")[0] == expected
    broken = Dialogue(task, b"no image", candidates)
    assert "image: " in broken.ask("is it red")[2] and not broken.turns
    with pytest.raises(ValueError, match="rank"):
        Dialogue(task, candidates=None if candidates else ["yes"])


@only_tensorflow
@pytest.mark.parametrize(
    "task",
    [
        pytest.param("modules", marks=pytest.mark.slow),
        pytest.param("late", marks=pytest.mark.slow),
        pytest.param("transformer", marks=pytest.mark.slow),
    ],
    indirect=True,
)
def test_an_export_takes_turns(task, folder, tmp_path):
    serving.export(task, tmp_path / "talk", check=False)
    served = client.load(tmp_path / "talk")
    with open(SOURCE.rows("test", folder)[0]["image"], "rb") as file:
        image = file.read()
    batch = batch_of(
        task,
        image=[image, image],
        question=["is it red", "what color is it"],
        history=[["a red image", "what color is it red"], []],
    )
    answers, expected = served.predict(batch), task.answer(batch)
    assert answers["label"] == expected["label"].tolist()
    assert answers["error"] == ["", ""]
    np.testing.assert_allclose(
        answers["probability"], expected["probability"], atol=1e-5
    )
    long = {**batch, "history": [["x"] * 99, ["x\ny"]]}
    errors = served.predict(long)["error"]
    assert errors[0].startswith("history: 99 turns") and not errors[1]


@pytest.mark.slow
@pytest.mark.parametrize("only", ["image+question", "history+question"])
def test_trains_on_some_modalities_alone(only, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    late = train(folder, tmp_path, "dialogue-text-image-late", only)
    rows = modalities.select(late, SOURCE.rows("test", folder), only)
    examples = engine.Examples(late, rows)
    presence = dict(zip(late.fields, examples.presence.all(axis=0)))
    absent = {"image", "history"} - set(only.split("+"))
    assert {f for f, known in presence.items() if not known} == absent
    with pytest.raises(ValueError, match="joined by '\\+'"):
        modalities.select(late, rows, "image+audio")


def test_the_right_answer_is_a_candidate(task):
    row = {"id": "x", "label": "red", "candidates": "blue\nred"}
    if "candidates" not in task.fields:
        assert task.examples([row]) == [row]
        return
    assert task.examples([row])[0]["label"] == "1"
    with pytest.raises(ValueError, match="one of its candidates"):
        task.examples([{**row, "candidates": "blue"}])
