import dataclasses

import keras
import numpy as np
import pytest
from multimodal_rows import rows

from mmkeras import evaluation
from mmkeras.tasks import modalities
from mmkeras.training import engine
from mmkeras.training import recipes

pytestmark = pytest.mark.usefixtures("module_cache")

NAME = "classify-image-audio-concat"


@pytest.fixture(scope="module")
def data():
    return engine.Data(rows(count=96), rows("val", 24))


def recipe(**changes):
    plain = recipes.Recipe(
        epochs=6,
        batch_size=8,
        learning_rate=1e-2,
        monitor="accuracy",
        modality_dropout=0.3,
        model={"dim": 8, "dropout": 0.0},
        precision="float32",
    )
    return dataclasses.replace(plain, **changes)


def build(name, data, **changes):
    keras.utils.set_random_seed(0)
    sizes = {"image_size": 16, "audio_seconds": 0.125}
    return engine.build(name, data, recipe(**changes), **sizes)


def train(data, folder, name=NAME, **changes):
    folder.mkdir(exist_ok=True)
    task = build(name, data, **changes)
    chosen = recipe(**changes)
    notes = engine.fit(task, data, folder, chosen, verbose=0)
    return task, notes


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    return train(data, tmp_path_factory.mktemp("run"))


@pytest.mark.slow
def test_learns_from_images_and_sounds(trained, data):
    task, notes = trained
    assert notes["epochs"] == 6 and notes["corrupt"] == []
    scores, subsets = evaluation.evaluate(engine.Examples(task, data.val))
    assert scores["accuracy"] > 0.9 > scores["majority"]
    assert set(subsets.scores) == {
        (),
        ("image",),
        ("audio",),
        ("image", "audio"),
    }
    assert sum(subsets.contributions.values()) == pytest.approx(
        subsets.scores["image", "audio"] - scores["majority"]
    )
    assert {"mismatch_image", "mismatch_audio"} <= set(scores)


@pytest.mark.slow
def test_every_subset_is_trained(data, tmp_path):
    task, notes = train(data, tmp_path, all_subsets=True, modality_dropout=0.0)
    _, subsets = evaluation.evaluate(engine.Examples(task, data.val))
    accuracies = [
        subsets.scores[subset]
        for subset in (("image",), ("audio",), ("image", "audio"))
    ]
    assert min(accuracies) > 0.9
    # The mean over all of them selects the epoch.
    log = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    means = log["val_subsets_accuracy"]
    assert means[notes["best_epoch"] - 1] == means.max()
    assert means.max() == pytest.approx(np.mean(accuracies))


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_weights(trained, data, tmp_path):
    whole, _ = trained

    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    task = build(NAME, data)
    with pytest.raises(KeyboardInterrupt):
        engine.fit(
            task, data, tmp_path, recipe(), verbose=0, callbacks=[Kill()]
        )
    task, notes = train(data, tmp_path)
    assert notes["epochs"] == 6
    for ours, theirs in zip(task.model.weights, whole.model.weights):
        np.testing.assert_array_equal(ours, theirs)


def test_texts_and_features_are_distinguished_by_their_values(data):
    task = build("sentiment-text-audio-concat", data)
    assert type(task.codecs["text"]).__name__ == "Text"
    vectors = engine.Data(
        *(
            [{**row, "text": row["features"]} for row in part]
            for part in (data.train, data.val)
        )
    )
    task = build("sentiment-text-audio-concat", vectors)
    assert task.codecs["text"].shape == (3,)
    assert task.model.input["text"].shape == (None, 3)
    outputs = engine.Examples(task, vectors.val).outputs()
    assert outputs.shape == (24, 2) and np.isfinite(outputs).all()


@pytest.mark.slow
def test_rows_of_a_group_are_classified_in_their_context(tmp_path):
    def grouped(split, count):
        grouped_rows = []
        for i, row in enumerate(rows(split, count)):
            # Of different lengths: 5, 4, 3, 5, ...
            place = {"group": f"{split}-{i // 4}"}
            fields = dict.fromkeys(("text", "audio", "video"), row["features"])
            grouped_rows.append({**row, **place, **fields})
        return grouped_rows[: count - 2]

    data = engine.Data(grouped("train", 40), grouped("val", 12))
    name = "sentiment-text-audio-video-context"
    task, _ = train(data, tmp_path, name, batch_size=2, epochs=6)
    examples = engine.Examples(task, data.val)
    assert len(examples) == 3 and len(examples.labels) == 10
    assert examples.names == [row["id"] for row in data.val]
    assert list(examples.groups) == [0] * 4 + [1] * 4 + [2] * 2
    logits = examples.outputs()
    assert logits.shape == (3, 4, 2)
    assert task.score(examples, logits)["accuracy"] > 0.8


def test_one_modality_alone(trained, data):
    task, _ = trained
    alone = modalities.select(task, data.val, "image")
    assert all("audio" not in row and "image" in row for row in alone)
    assert all(row["text"] for row in alone)  # Not the task's: it stays.
    examples = engine.Examples(task, alone)
    assert not examples.presence[:, 1].any()
    assert len(examples) == sum(row["image"] is not None for row in data.val)
    hidden = engine.Examples(task, data.val)
    hidden = dict(zip(hidden.names, hidden.outputs(["image"])))
    logits = dict(zip(examples.names, examples.outputs()))
    for name, outputs in logits.items():
        np.testing.assert_allclose(outputs, hidden[name], rtol=1e-5, atol=1e-6)
    assert modalities.select(task, data.val, None) is data.val
    with pytest.raises(ValueError, match="one of image, audio.*'text'"):
        modalities.select(task, data.val, "text")


def test_predictions_are_the_most_likely_labels(trained, data):
    task, _ = trained
    examples = engine.Examples(task, data.val)
    probabilities = examples.predictions(examples.outputs(["image"]))
    np.testing.assert_array_equal(
        examples.choices(["image"], batch_size=5), probabilities.argmax(axis=1)
    )


def test_files_need_not_be_kept(trained, data, monkeypatch):
    task, _ = trained
    expected = engine.Examples(task, data.val).outputs()

    def refuse(*arguments, **options):
        raise AssertionError("on disk")

    monkeypatch.setattr("mmkeras.data.cache.cached", refuse)
    examples = engine.Examples(task, data.val, keep=False)
    np.testing.assert_array_equal(examples.outputs(), expected)


def test_what_cannot_be_read_is_left_out_and_named(trained):
    task, _ = trained
    some = rows("val", 6)
    some[1] = {**some[1], "image": b"junk"}
    some[2] = {**some[2], "audio": "/no/such.wav"}
    some[3] = {**some[3], "image": None, "audio": None}
    examples = engine.Examples(task, some)
    assert len(examples) == 3 == len(examples.labels)
    errors = dict(examples.errors)
    assert errors["val-1"].startswith("image: ")
    assert errors["val-2"] == "audio: /no/such.wav: no such file"
    absent = "example has no input: image and audio are all missing"
    assert errors["val-3"] == absent
    expected = [row["label"] for row in (some[0], *some[4:])]
    names = task.codecs["label"].names
    assert [names[i] for i in examples.labels] == expected


def test_a_field_that_no_row_has_is_named(data):
    with pytest.raises(ValueError, match="'audio', which no"):
        engine.build(
            "sentiment-text-audio-video-context",
            engine.Data([{**r, "group": "a"} for r in data.train], data.val),
            recipe(),
        )
