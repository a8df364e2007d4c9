"""Answering questions: data in the official layouts, trained and measured."""

import keras
import numpy as np
import pytest
import question_datasets

from mmkeras import evaluation
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.evaluation import figures
from mmkeras.tasks import answers
from mmkeras.training import engine
from mmkeras.training import recipes

pytestmark = pytest.mark.usefixtures("eager_models")
TINY = {"image_size": 32, "max_length": 10, "min_count": 1}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


RECIPE = recipes.Recipe(
    epochs=1,
    batch_size=8,
    learning_rate=1e-2,
    monitor="accuracy",
    label_smoothing=0.0,
    model={"dim": 8, "dropout": 0.0},
    precision="float32",
)


def build(source, folder, name="vqa-cnn-bow", **changes):
    keras.utils.set_random_seed(0)
    rows = [source.rows(split, folder) for split in ("train", "val")]
    data = engine.Data(*rows)
    return engine.build(name, data, RECIPE, **{**TINY, **changes}), data


def train(source, folder, **changes):
    task, data = build(source, folder, **changes)
    out = folder / "run"
    out.mkdir()
    engine.fit(task, data, out, RECIPE, verbose=0)
    return task


@pytest.mark.parametrize(
    "name",
    [
        name
        if name == "easy-vqa"
        else pytest.param(name, marks=pytest.mark.slow)
        for name in question_datasets.LAYOUTS
    ],
)
def test_trains_and_is_measured(name, tmp_path):
    question_datasets.LAYOUTS[name](tmp_path, (16, 4, 4))
    source = datasets.get(name)
    task = train(source, tmp_path)
    examples = engine.Examples(task, source.rows("test", tmp_path))
    scores, subsets = evaluation.evaluate(examples, draws=20)
    assert 0 <= scores["consistency"] <= scores["accuracy"] <= 1
    assert set(subsets.scores) == {
        *[(), ("image",), ("question",), ("image", "question")]
    }
    types = {key for key in scores if key.startswith("type_")}
    assert (
        types
        == {
            "easy-vqa": {"type_color", "type_yes/no"},
            "vqa": {"type_other", "type_yes/no"},
            "clevr": {"type_query attribute", "type_exist"},
            "nlvr": set(),
        }[name]
    )
    assert ("vqa_accuracy" in scores) == (name == "vqa")
    rows = source.rows("train", tmp_path)
    examples = engine.Examples(task, rows)
    numbers = examples.numbers("image")  # An image is decoded and kept once.
    assert set(numbers) == set(range(len({row["image"] for row in rows})))
    assert len(numbers) == len(rows)


@pytest.mark.slow
def test_people_teach_as_often_as_they_say_it(tmp_path):
    question_datasets.vqa(tmp_path, (16, 4))
    source = datasets.get("vqa")
    task = train(source, tmp_path)
    names = task.codecs["label"].names
    assert "pink" not in names  # Nobody's commonest answer.
    rows = source.rows("test", tmp_path)
    examples = engine.Examples(task, rows)
    colour = names.index(rows[0]["label"])
    _, y, _ = examples.batch(np.arange(2))
    expected = 0.9 * np.eye(len(names))[colour]
    np.testing.assert_allclose(y[0], expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(y[1].sum(), 1, rtol=1e-6, atol=1e-6)
    probabilities = np.eye(len(names))[examples.labels]
    scores = answers.answer_scores(examples, probabilities)
    assert scores["vqa_accuracy"] == scores["consistency"] == 1


@pytest.mark.slow
def test_an_answer_that_training_lacks_is_never_right(tmp_path):
    question_datasets.easy_vqa(tmp_path, (16, 4))
    source = datasets.get("easy-vqa")
    task = train(source, tmp_path, max_answers=2)
    label = task.codecs["label"]
    assert label.size == 2 and label("violet") == -1
    rows = source.rows("test", tmp_path)
    rows[0] = {**rows[0], "label": "violet"}
    examples = engine.Examples(task, rows)
    assert examples.labels[0] == -1
    assert not examples.batch(np.array([0]))[1].any()
    scores, _ = evaluation.evaluate(examples, draws=20)
    assert scores["accuracy"] < 1 and scores["brier"] <= 2
    wrong = answers.answer_errors(examples, np.eye(2)[[0] * len(rows)])
    assert wrong["color"]["questions"] == 4
    confused = wrong["color"]["confused"]
    assert ("violet", label.names[0], 1) in confused
    again = codecs.from_config(codecs.to_config(label))
    assert again("violet") == -1


@pytest.mark.parametrize(
    "name, looks",
    [
        pytest.param("vqa-cnn-stacked-attention", 2, marks=pytest.mark.slow),
        pytest.param("vqa-cnn-film", 1, marks=pytest.mark.slow),
        pytest.param("vqa-cnn-transformer", 1, marks=pytest.mark.slow),
        pytest.param("vqa-cnn-mfb", 2, marks=pytest.mark.slow),
        ("vqa-cnn-bow", 0),
    ],
)
def test_shows_where_it_looked(name, looks, tmp_path):
    question_datasets.easy_vqa(tmp_path, (16, 4))
    task, _ = build(datasets.get("easy-vqa"), tmp_path, name)
    batch = {
        "image": [question_datasets.image("red"), None],
        "question": ["is there a red shape?", "is there a red shape?"],
    }
    if looks:
        weights = task.attention_maps(batch)
        assert weights.shape == (2, looks, 4)
        np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-3, atol=1e-6)
    else:
        with pytest.raises(ValueError, match="no layer is named `attention`"):
            task.attention_maps(batch)
    drawn = figures.of_classifier(task, batch, task.answer(batch)["label"])
    shown = [axes for axes in drawn.axes if axes.images]
    assert len(shown) == 1 + looks  # None of the question without an image.
    with pytest.raises(ValueError, match="Expected at least one image"):
        figures.of_classifier(task, {"question": ["what?"]}, ["x"])
