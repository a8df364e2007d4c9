"""Trainings of a hundred steps, with the defaults of every recipe."""

import csv
import dataclasses

import numpy as np
import pytest
from multimodal_rows import rows as generated_rows
from typer.testing import CliRunner

from mmkeras.cli import app
from mmkeras.data import datasets
from mmkeras.files import atomic
from mmkeras.training import engine
from mmkeras.training import recipes


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


def days(count, split="train"):
    """Sentences of two words, the second of which is the label."""
    return [
        {
            "id": f"{split}-{i}",
            "split": split,
            "text": f"day {('good', 'bad')[i % 2]}",
            "label": ("yes", "no")[i % 2],
        }
        for i in range(count)
    ]


def write(folder, rows, fields):
    folder.mkdir(exist_ok=True)
    names = [*fields, "label", "split"]
    with open(folder / "table.csv", "w", newline="") as file:
        table = csv.DictWriter(file, names, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    return folder


def train(name, folder, out, *options):
    result = CliRunner().invoke(
        app,
        [
            *["train", name, "--data", str(folder)],
            *["--out", str(out), *options],
        ],
    )
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_few_steps_separate_easy_classes(tmp_path):
    data = engine.Data(days(40), days(8, "val"))
    recipe = dataclasses.replace(
        recipes.get("classify-text-bow"),
        epochs=30,
        learning_rate=0.05,
        precision="float32",
    )
    task = engine.build("classify-text-bow", data, recipe)
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    answer = task.answer({"text": ["day good", "day bad"]})
    assert list(answer["label"]) == ["yes", "no"]
    assert answer["probability"].max(axis=1).min() > 0.9


@pytest.mark.slow
def test_norms_of_few_steps_are_those_of_the_data(tmp_path):
    data = engine.Data(generated_rows(count=48), generated_rows("val", 24))
    recipe = dataclasses.replace(
        recipes.get("classify-audio-cnn"),
        epochs=8,
        learning_rate=1e-2,
        model={"dim": 16},
        precision="float32",
    )
    task = engine.build("classify-audio-cnn", data, recipe, audio_seconds=0.125)
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    examples = engine.Examples(task, data.train)
    assert task.score(examples, examples.outputs())["accuracy"] > 0.9


@pytest.mark.slow
def test_chosen_values_are_printed_and_saved(tmp_path):
    rows = [*days(40), *days(8, "val"), *days(8, "test")]
    folder = write(tmp_path / "table", rows, ["text"])
    given = "classify-text-bow", folder, tmp_path / "run", "train.epochs=2"
    output = train(*given)
    assert "Chosen for 40 training examples: train.batch_size=8\n" in output
    card = atomic.read_json(tmp_path / "run" / "run.json")
    recipe = card["arguments"]["train"]
    assert (recipe["batch_size"], recipe["epochs"]) == (8, 2)
    stated = train(*given, "train.batch_size=8")  # The same run.
    assert "Chosen" not in stated and "epoch 1/2" not in stated


def test_fit_chooses_what_a_recipe_leaves_out(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "MAX_EPOCHS", 2)
    data = engine.Data(days(16), days(8, "val"))
    recipe = recipes.Recipe(
        monitor="accuracy", min_epochs=1, precision="float32"
    )
    task = engine.build("classify-text-bow", data, recipe)
    notes = engine.fit(task, data, tmp_path, recipe, verbose=0)
    assert notes["epochs"] == 2


def test_one_training_example_is_enough_to_train(tmp_path):
    data = engine.Data(days(2)[:1], days(2, "val"))
    recipe = recipes.get("classify-text-bow")
    recipe = dataclasses.replace(recipe, epochs=1, precision="float32")
    both = engine.Data(days(2), data.val)
    task = engine.build("classify-text-bow", both, recipe)
    notes = engine.fit(task, data, tmp_path, recipe, verbose=0)
    assert notes["epochs"] == 1


def accuracy(out, split="test"):
    return atomic.read_json(out / "results.json")[split]["metrics"]


def subset(rows, count, per_validation=5, seed=0):
    """Some training rows, one in five of them for validation."""
    order = np.random.default_rng(seed).permutation(len(rows))[:count]
    return [
        {**rows[i], "split": "train" if place % per_validation else "val"}
        for place, i in enumerate(order)
    ]


def spoken_digits(recordings):
    """Ten recordings per digit, two of them for validation; takes 0 to 4."""
    names = "george jackson lucas nicolas theo yweweler".split()

    def row(digit, take, speaker, split):
        path = recordings / f"{digit}_{speaker}_{take}.wav"
        return {"audio": str(path), "label": f"{digit}", "split": split}

    rows = [
        row(digit, 5 + i // 6, names[i % 6], "val" if i % 5 == 4 else "train")
        for digit in range(10)
        for i in range(10)
    ]
    return rows + [
        row(digit, take, speaker, "test")
        for digit in range(10)
        for take in range(5)
        for speaker in names
    ]


@pytest.mark.slow
@pytest.mark.realdata
def test_ten_recordings_of_each_spoken_digit(data_folder, tmp_path):
    rows = spoken_digits(data_folder / "fsdd" / "recordings")
    folder = write(tmp_path / "table", rows, ["audio"])
    out = tmp_path / "run"
    short = "data.audio_seconds=1", "--results", str(tmp_path / "r")
    train("classify-audio-cnn", folder, out, *short)
    assert accuracy(out)["accuracy"] >= 0.3


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("name", ["mustard", "meld", "meld-sentiment"])
def test_two_hundred_sentences(data_folder, tmp_path, name):
    source = datasets.get(name)
    rows = subset(source.rows("train", data_folder / name.split("-")[0]), 200)
    rows += source.rows("test", data_folder / name.split("-")[0])
    folder = write(tmp_path / "table", rows, ["text"])
    out = tmp_path / "run"
    train("classify-text-bow", folder, out, "--results", str(tmp_path / "r"))
    scores = accuracy(out)
    assert scores["accuracy"] >= scores["majority"] - 0.03


@pytest.mark.slow
@pytest.mark.realdata
def test_three_hundred_pairs_of_digits(data_folder, tmp_path):
    source = datasets.get("avdigits-small")
    rows = subset(source.rows("train", data_folder), 375)
    data = engine.Data(
        [row for row in rows if row["split"] == "train"],
        [row for row in rows if row["split"] == "val"],
    )
    name = "classify-image-audio-concat"
    recipe = recipes.get(name)
    size = {"image_size": 28, "audio_seconds": 1.0}
    task = engine.build(name, data, recipe, **size)
    engine.fit(task, data, tmp_path, recipe, verbose=0)
    test = source.rows("test", data_folder)[:400]
    examples = engine.Examples(task, test)
    assert task.score(examples, examples.outputs())["accuracy"] >= 0.8


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("network", "accuracy_of_ten"),
    [
        ("yamnet:{}/yamnet_audioset_fp16.npz", 0.38),
        ("hub:{}/whisper_tiny_en", 0.9),
    ],
)
def test_ten_recordings_of_each_digit_with_a_frozen_network(
    data_folder, tmp_path, network, accuracy_of_ten
):
    rows = spoken_digits(data_folder / "fsdd" / "recordings")
    folder = write(tmp_path / "table", rows, ["audio"])
    out = tmp_path / "run"
    key = f"model.audio={network.format(data_folder / 'pretrained')}"
    train(
        "classify-audio-cnn", folder, out, key, "--results", str(tmp_path / "r")
    )
    assert accuracy(out)["accuracy"] >= accuracy_of_ten
