"""Cross-validation, and weights of classes."""

import collections
import json

import numpy as np
import pytest

import mmkeras
from mmkeras.data import splits
from mmkeras.files import atomic
from mmkeras.training import engine
from mmkeras.training import folds
from mmkeras.training import recipes
from mmkeras.training.reporter import Reporter

NAME = "classify-text-bow"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


def days(count=24, rare=4, **columns):
    """Sentences, every `rare`-th of which is of the rare class."""
    return [
        {
            "id": f"day {i}",
            "text": f"day {('good', 'bad')[i % rare == 0]}",
            "label": ("yes", "no")[i % rare == 0],
            **{name: value(i) for name, value in columns.items()},
        }
        for i in range(count)
    ]


def test_folds_are_stratified_and_cover_all_rows():
    rows = days(40)
    numbers = splits.folds(rows, 5)
    counts = collections.Counter(
        (number, row["label"]) for number, row in zip(numbers, rows)
    )
    for fold in range(5):
        assert (counts[fold, "yes"], counts[fold, "no"]) == (6, 2)
    assert splits.folds(rows, 5) == numbers
    shuffled = splits.folds(rows[::-1], 5)
    assert shuffled[::-1] == numbers  # The order of rows has no effect.


def test_rows_of_one_group_are_in_one_fold():
    rows = days(40, group=lambda i: f"speaker {i // 4}")
    numbers = np.array(splits.folds(rows, 5)).reshape(10, 4)
    assert (numbers == numbers[:, :1]).all()
    assert len(np.unique(numbers)) == 5
    with pytest.raises(ValueError, match="11 folds need as many .*: 10"):
        splits.folds(rows, 11)


def test_each_row_is_validated_once():
    rows = days(12)
    parts = [folds.rows_of_fold(rows[:9], rows[9:], 3, i) for i in range(3)]
    names = [row["id"] for _, val in parts for row in val]
    assert sorted(names) == sorted(row["id"] for row in rows)
    for train, val in parts:
        assert len(train) + len(val) == 12
        assert {row["split"] for row in train} == {"train"}
        assert {row["split"] for row in val} == {"val"}


def test_mean_and_standard_deviation_of_metrics():
    metrics = [
        {"accuracy": 0.5, "accuracy_low": 0.1, "names": ["a"]},
        {"accuracy": 0.7, "accuracy_low": 0.2, "names": ["a"]},
    ]
    means, stds = folds.summarize(metrics)
    assert means == pytest.approx({"accuracy": 0.6})
    assert stds == pytest.approx({"accuracy": np.sqrt(0.02)})
    assert "accuracy 0.6 ± 0.14" in folds.describe(means, stds, 2)


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return str(path)


def test_a_model_per_fold_is_trained_and_its_scores_are_averaged(tmp_path):
    data, out = write(tmp_path / "days.jsonl", days()), tmp_path / "run"
    keys = {"folds": 2, "epochs": 1, "precision": "float32"}

    class Notes(Reporter):
        verbose = 0
        notes = []

        def note(self, text):
            self.notes.append(text)

    mmkeras.train(NAME, data, out, reporter=Notes(), **keys)
    summary = atomic.read_json(out / "results.json")["cross_validation"]
    scores = [
        atomic.read_json(out / f"fold-{i}" / "results.json")["val"]["metrics"]
        for i in range(2)
    ]
    mean = np.mean([score["accuracy"] for score in scores])
    assert summary["folds"] == 2
    assert summary["metrics"]["accuracy"] == pytest.approx(mean)
    assert set(summary["std"]) == set(summary["metrics"])
    assert Notes.notes[-1].startswith("Mean ± standard deviation of 2 folds")
    # A fold can be evaluated later, on the same rows; others are not read.
    assert mmkeras.evaluate(out / "fold-1", "val") == scores[1]
    # The same command again trains nothing.
    logs = [out / f"fold-{i}" / "log.csv" for i in range(2)]
    times = [log.stat().st_mtime_ns for log in logs]
    mmkeras.train(NAME, data, out, reporter=Notes(), **keys)
    assert [log.stat().st_mtime_ns for log in logs] == times


def test_folds_have_no_results_of_one_model(tmp_path):
    data = write(tmp_path / "days.jsonl", days())
    with pytest.raises(ValueError, match="Results are those of one model"):
        mmkeras.train(NAME, data, tmp_path / "r", results=tmp_path, folds=2)


def test_classes_are_weighed_by_their_inverse_frequency():
    data = engine.Data(days(24), days(8))
    task = engine.build(NAME, data, recipes.get(NAME))
    examples = engine.Examples(task, data.train)
    examples.balance_classes()
    is_rare = np.array([row["label"] == "no" for row in examples.rows])
    np.testing.assert_allclose(examples.weight[is_rare], 24 / (2 * 6))
    np.testing.assert_allclose(examples.weight[~is_rare], 24 / (2 * 18))
    assert examples.weight.mean() == pytest.approx(1)
    _, _, weight = examples.batch(np.array([0, 1, -1]))
    np.testing.assert_allclose(weight, [2, 2 / 3, 0], rtol=1e-6)


def test_training_examples_are_weighed_and_no_others(tmp_path, monkeypatch):
    data, weighed = engine.Data(days(24), days(8)), []
    monkeypatch.setattr(
        engine.Examples, "balance_classes", lambda self: weighed.append(self)
    )
    for weights in (None, "balanced"):
        recipe = recipes.Recipe(
            epochs=1, monitor="loss", class_weights=weights, precision="float32"
        )
        task = engine.build(NAME, data, recipe)
        folder = tmp_path / str(weights)
        folder.mkdir()
        engine.fit(task, data, folder, recipe, verbose=0)
    assert [len(examples) for examples in weighed] == [24]


def test_class_weights_need_classes(tmp_path):
    data = engine.Data(
        [{**row, "label": float(i) / 7} for i, row in enumerate(days(8))],
        [{**row, "label": float(i) / 7} for i, row in enumerate(days(8))],
    )
    recipe = recipes.Recipe(epochs=1, class_weights="balanced", monitor="loss")
    task = engine.build(NAME, data, recipe)
    with pytest.raises(ValueError, match="needs one class per example"):
        engine.fit(task, data, tmp_path, recipe, verbose=0)
