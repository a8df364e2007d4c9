"""Few examples and frozen pretrained networks: a linear head."""

import numpy as np
import pytest
import small_network
from checks import numpy
from multimodal_rows import rows as generated_rows
from noted import Notes

import mmkeras
from mmkeras.files import atomic
from mmkeras.training import config as configuration
from mmkeras.training import few_shot
from mmkeras.training import linear_head
from mmkeras.training import ridge
from mmkeras.training.examples import Data
from mmkeras.training.examples import Examples

NAME = "classify-image-cnn"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Weights of a small network, in place of any of Keras."""
    return small_network.install(monkeypatch, tmp_path, 32, 6, 8, 8, 1)[1]


def images(split="train", count=32):
    names = "id", "split", "image", "label"
    return [
        {name: row[name] for name in names}
        for row in generated_rows(split, count)
        if row["image"]
    ]


def train(out, weights, *, rows=None, name=NAME, init=None, **keys):
    notes = Notes()
    config = {"model.image": weights, "data.image_size": 32, **keys}
    task = mmkeras.train(
        *(name, rows or images(), out),
        config=config,
        init=init,
        reporter=notes,
        precision="float32",
    )
    return task, notes.notes


def test_the_head_is_a_cross_validated_ridge_regression(weights, tmp_path):
    task, notes = train(tmp_path / "run", weights)
    assert any("only a linear head is trained" in note for note in notes)
    assert any("ridge regression with weight decay" in note for note in notes)
    training = atomic.read_json(tmp_path / "run" / "training.json")
    assert training["trains_on_val"]
    solution = training["cross_validation"]
    assert solution["examples"] == len(images())  # Those of validation, too.
    assert solution["metric"] == "accuracy" and 0.5 < solution["value"] <= 1
    # No validation rows were left that could be evaluated.
    assert not (tmp_path / "run" / "results.json").exists()
    later = Notes()
    mmkeras.evaluate(tmp_path / "run", "val", data=images(), reporter=later)
    assert any("trained on" in note for note in later.notes)
    examples = Examples(task, images())
    x = linear_head._features(task, examples)[0]
    x = linear_head._standardize(
        x, *linear_head._statistics(x, solution["scaling"])
    )
    y = examples.targets.take(np.arange(len(examples)))
    fit = ridge.fit(x, y)
    expected = x @ fit.weights + fit.bias
    outputs = examples.outputs()
    factor = ridge.scale(fit.predictions, y)
    np.testing.assert_allclose(outputs, factor * expected, atol=0.05 * factor)
    loaded = mmkeras.load(tmp_path / "run")
    answers = loaded.answer({"image": [row["image"] for row in images()]})
    np.testing.assert_allclose(
        answers["probability"], examples.predictions(outputs), atol=5e-3
    )


@pytest.mark.slow
def test_the_same_run_is_resumed(weights, tmp_path):
    first, _ = train(tmp_path, weights)
    (tmp_path / "training.json").unlink()
    again, _ = train(tmp_path, weights)
    assert atomic.read_json(tmp_path / "training.json")["trains_on_val"]
    for old, new in zip(first.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(numpy(old), numpy(new))


def test_named_validation_rows_are_not_trained_on(weights, tmp_path):
    rows = [*images(), *images("val", 16)]
    train(tmp_path, weights, rows=rows)
    training = atomic.read_json(tmp_path / "training.json")
    assert not training["trains_on_val"]
    assert training["cross_validation"]["examples"] == len(images())
    assert "val" in atomic.read_json(tmp_path / "results.json")


@pytest.mark.slow
def test_a_run_goes_on_with_its_head_and_all_of_the_network(weights, tmp_path):
    train(tmp_path / "first", weights)
    keys = {"train.fine_tune": "all", "train.epochs": 1}
    task, notes = train(
        tmp_path / "next", weights, init=tmp_path / "first", **keys
    )
    assert linear_head.is_linear(task.model)
    assert not any("Linear head" in note for note in notes)
    assert "val" in atomic.read_json(tmp_path / "next" / "results.json")


def choose(weights, count=10, name=NAME, drawn=False, **keys):
    keys = {"model.image": weights, **keys}
    keys = {key: value for key, value in keys.items() if value is not None}
    config = configuration.resolve(name, keys)
    row = {"id": "0", "label": "a"}
    data = Data([row] * count, [row] * 4, drawn)
    return few_shot.choose(config, data)[0]


def test_the_head_is_linear_only_by_default_and_of_few_examples(weights):
    limit = few_shot.MAX_EXAMPLES
    assert choose(weights).head == "linear"
    assert choose(weights, limit).head == "linear"
    assert choose(weights, limit, drawn=True).head is None
    assert choose(weights, limit + 1).head is None
    assert choose(None).head is None
    for keys in (
        {"model.dim": 16},
        {"train.fine_tune": "all"},
        {"task.target": "labels"},
        {"name": "classify-image-text-gated"},  # Its text branch is trained.
    ):
        assert choose(weights, **keys).head is None
    assert choose(weights, **{"train.head": "full"}).head == "full"
    stated = {"train.epochs": 3, "train.ema": 0.5}
    recipe = choose(weights, **stated)
    assert (recipe.epochs, recipe.ema) == (3, 0.5)
    assert recipe.learning_rate == few_shot.RECIPE["learning_rate"]


def test_an_impossible_linear_head_is_refused(weights):
    with pytest.raises(ValueError, match="needs pretrained networks as model"):
        choose(None, **{"train.head": "linear"})
    with pytest.raises(ValueError, match="needs one class or number"):
        choose(weights, **{"train.head": "linear", "task.target": "labels"})


def test_missing_modalities_have_no_effect(weights):
    model = mmkeras.build_model(
        "classify-image-text-bow", image_shape=(16, 16, 3)
    )
    head = linear_head.build(model, 2)
    assert linear_head.is_linear(head) and not linear_head.is_linear(model)
    rng = np.random.default_rng(0)
    image = rng.random((2, 16, 16, 3)).astype("float32")
    image[1] = np.nan
    text = np.array([[3, 4, 0], [5, 6, 7]])
    presence = np.array([[True, True], [False, True]])
    x = {"image": image, "text": text, "presence": presence}
    logits = numpy(head(x))
    assert np.isfinite(logits).all()
    image[1] = 0.5
    np.testing.assert_array_equal(numpy(head(x)), logits)


def test_statistics_are_those_of_the_examples_that_have_a_modality():
    x = np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, np.nan]])
    mean, variance = linear_head._statistics(x, "each feature")
    np.testing.assert_allclose(mean, [2, 5])
    np.testing.assert_allclose(variance, [1, 1])  # 1 for constant features.
    np.testing.assert_allclose(
        linear_head._standardize(x, mean, variance),
        [[-1, 0], [1, 0], [0, 0]],
        atol=1e-6,
    )
    _, variance = linear_head._statistics(x, "all features")
    np.testing.assert_allclose(variance, [0.5, 0.5])
