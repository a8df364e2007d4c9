import dataclasses
import warnings

import keras
import numpy as np
import pytest
from checks import numpy
from multimodal_rows import rows

import mmkeras
from mmkeras import evaluation
from mmkeras.data import pipeline
from mmkeras.training import judgements
from mmkeras.training import recipes
from mmkeras.training.examples import Examples

NAME = "classify-image-audio-concat"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def data():
    return judgements.Data(rows(count=96), rows("val", 24))


def recipe(**changes):
    plain = recipes.Recipe(
        epochs=6,
        batch_size=8,
        learning_rate=1e-2,
        monitor="accuracy",
        modality_dropout=0.3,
        settings={"dim": 8, "dropout": 0.0},
    )
    return dataclasses.replace(plain, **changes)


def build(name, data, **changes):
    keras.utils.set_random_seed(0)
    sizes = {"image_size": 16, "seconds": 0.125, "policy": "float32"}
    return judgements.build(name, data, recipe(**changes), **sizes)


def train(data, folder, name=NAME, **changes):
    folder.mkdir(exist_ok=True)
    task = build(name, data, **changes)
    chosen = recipe(**changes)
    notes = judgements.fit(task, data, folder, chosen, verbose=0)
    return task, notes


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    return train(data, tmp_path_factory.mktemp("run"))


def test_learns_from_images_and_sounds(trained, data):
    task, notes = trained
    assert notes["epochs"] == 6 and notes["corrupt"] == []
    found, subsets = evaluation.evaluate(
        task, judgements.examples(task, data.val)
    )
    assert found["accuracy"] > 0.9 > found["majority"]
    assert set(subsets.scores) == {
        (),
        ("image",),
        ("audio",),
        ("image", "audio"),
    }
    assert sum(subsets.worth.values()) == pytest.approx(
        subsets.scores["image", "audio"] - found["majority"]
    )
    assert {"mismatch_image", "mismatch_audio"} <= set(found)


@pytest.mark.slow
def test_every_subset_is_taught(data, tmp_path):
    task, notes = train(data, tmp_path, every_subset=True, modality_dropout=0.0)
    _, subsets = evaluation.evaluate(task, judgements.examples(task, data.val))
    found = [
        subsets.scores[subset]
        for subset in (("image",), ("audio",), ("image", "audio"))
    ]
    assert min(found) > 0.9
    # All of them choose the epoch, not the whole alone.
    log = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    means = log["val_subsets_accuracy"]
    assert means[notes["best_epoch"] - 1] == means.max()
    assert means.max() == pytest.approx(np.mean(found))


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_weights(trained, data, tmp_path):
    whole, _ = trained
    seen = []

    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    task = build(NAME, data)
    with pytest.raises(KeyboardInterrupt):
        judgements.fit(task, data, tmp_path, recipe(), verbose=0, also=[Kill()])
    task, notes = train(data, tmp_path)
    assert notes["epochs"] == 6
    seen = zip(task.model.weights, whole.model.weights)
    for ours, theirs in seen:
        np.testing.assert_array_equal(ours, theirs)


def test_words_and_features_are_told_by_their_values(data):
    task = build("sentiment-text-audio-concat", data)
    assert type(task.codecs["text"]).__name__ == "Text"
    vectors = judgements.Data(
        *(
            [{**row, "text": row["features"]} for row in part]
            for part in (data.train, data.val)
        )
    )
    task = build("sentiment-text-audio-concat", vectors)
    assert task.codecs["text"].shape == (3,)
    assert task.model.input["text"].shape == (None, 3)
    said = judgements.examples(task, vectors.val).logits(task)
    assert said.shape == (24, 2) and np.isfinite(said).all()


@pytest.mark.slow
def test_rows_of_a_group_are_judged_in_their_context(tmp_path):
    def grouped(split, count):
        made = []
        for i, row in enumerate(rows(split, count)):
            # Of different lengths: 5, 4, 3, 5, ...
            place = {"group": f"{split}-{i // 4}"}
            fields = dict.fromkeys(("text", "audio", "video"), row["features"])
            made.append({**row, **place, **fields})
        return made[: count - 2]

    data = judgements.Data(grouped("train", 40), grouped("val", 12))
    name = "sentiment-text-audio-video-context"
    task, _ = train(data, tmp_path, name, batch_size=2, epochs=6)
    found = judgements.examples(task, data.val)
    assert len(found) == 3 and len(found.labels) == 10
    assert found.names == [row["id"] for row in data.val]
    assert list(found.groups) == [0] * 4 + [1] * 4 + [2] * 2
    logits = found.logits(task)
    assert logits.shape == (3, 4, 2)
    assert (
        task.score(found.labels, found.chances(task, logits))["accuracy"] > 0.8
    )


def test_one_modality_alone(trained, data):
    task, _ = trained
    alone = judgements.only(task, data.val, "image")
    assert all("audio" not in row and "image" in row for row in alone)
    assert all(row["text"] for row in alone)  # Not the task's: it stays.
    found = judgements.examples(task, alone)
    assert not found.presence[:, 1].any()
    assert len(found) == sum(row["image"] is not None for row in data.val)
    hidden = judgements.examples(task, data.val)
    hidden = dict(zip(hidden.names, hidden.logits(task, only=["image"])))
    logits = dict(zip(found.names, found.logits(task)))
    for name, said in logits.items():
        np.testing.assert_allclose(said, hidden[name], rtol=1e-5, atol=1e-6)
    assert judgements.only(task, data.val, None) is data.val
    with pytest.raises(ValueError, match="one of image, audio.*'text'"):
        judgements.only(task, data.val, "text")


def test_judgements_are_the_likeliest(trained, data):
    task, _ = trained
    found = judgements.examples(task, data.val)
    chances = found.chances(task, found.logits(task, ["image"]))
    np.testing.assert_array_equal(
        found.judgements(task, ["image"], batch_size=5), chances.argmax(axis=1)
    )


def test_files_need_not_be_kept(trained, data, monkeypatch):
    task, _ = trained
    kept = judgements.examples(task, data.val).logits(task)

    def refuse(*arguments, **options):
        raise AssertionError("on disk")

    monkeypatch.setattr("mmkeras.data.cache.cached", refuse)
    found = judgements.examples(task, data.val, keep=False)
    np.testing.assert_array_equal(found.logits(task), kept)


def test_what_cannot_be_read_is_left_out_and_named(trained):
    task, _ = trained
    some = rows("val", 6)
    some[1] = {**some[1], "image": b"junk"}
    some[2] = {**some[2], "audio": "/no/such.wav"}
    some[3] = {**some[3], "image": None, "audio": None}
    found = Examples(task, some)
    assert len(found) == 3 == len(found.labels)
    bad = dict(found.bad)
    assert bad["val-1"].startswith("image: ")
    assert bad["val-2"] == "audio: /no/such.wav: no such file"
    absent = "example has no input: image and audio are all missing"
    assert bad["val-3"] == absent
    expected = [row["label"] for row in (some[0], *some[4:])]
    names = task.codecs["label"].names
    assert [names[i] for i in found.labels] == expected


def test_a_field_nobody_has_is_named(data):
    with pytest.raises(ValueError, match="'audio', which no"):
        judgements.build(
            "sentiment-text-audio-video-context",
            judgements.Data(
                [{**r, "group": "a"} for r in data.train], data.val
            ),
            recipe(),
        )


def test_batches_hide_some_but_never_all():
    presence = np.array(
        [[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]] * 500, bool
    )

    def gather(order):
        return {"presence": presence[order].copy()}, order, order

    batches = pipeline.judging(
        lambda x: x, gather, 2000, 2000, 2, seed=3, dropout=0.4
    )
    seen = [(x["presence"].numpy(), y.numpy()) for x, y, _ in batches]
    assert len(seen) == 2
    for kept, order in seen:
        there = presence[order]
        assert not (kept & ~there).any()
        np.testing.assert_array_equal(kept.any(1), there.any(1))
        three = kept[there.all(1)]
        # Hidden 0.4 of the time, but where all would be.
        expected = 0.4 - 0.4**3
        assert abs(1 - three.mean() - expected) < 0.05
    assert (seen[0][1] != seen[1][1]).any()


def test_batches_may_spare_a_modality():
    presence = np.ones((500, 2), bool)
    batches = pipeline.judging(
        lambda x: x,
        lambda order: ({"presence": presence.copy()}, order, order),
        500,
        500,
        1,
        dropout=np.array([0.9, 0.0]),
    )
    [(x, _, _)] = batches
    kept = x["presence"].numpy()
    assert kept[:, 1].all() and 0.05 < kept[:, 0].mean() < 0.15


def test_examples_of_a_image_share_a_batch_that_has_it_once():
    images = np.array([0, 1, 0, 2, 0, 1, 3, 0])  # 4, 2, 1 and 1 of each.

    def gather(order):
        x = {"image": images[order].astype("float32"), "of": order}
        return x, order, np.ones(len(order), "float32")

    batches = list(
        pipeline.judging(lambda x: x, gather, 8, 9, 2, seed=1, images=images)
    )
    assert len(batches) == 2 * (4 // 2)  # Two images a batch, two epochs.
    for epoch in (batches[:2], batches[2:]):
        taught = []
        for x, _, weight in epoch:
            assert x["image"].shape == (2,) and x["of"].shape == (8,)
            kept = weight.numpy() > 0
            shown = np.repeat(x["image"].numpy(), 4)
            np.testing.assert_array_equal(images[x["of"]][kept], shown[kept])
            taught += x["of"].numpy()[kept].tolist()
        assert sorted(taught) == list(range(8))


def test_a_image_seen_once_is_seen_as_often():
    name = "dialogue-text-image-modules"
    keras.utils.set_random_seed(0)
    model = mmkeras.build_model(name, **mmkeras.get(name).tiny)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        once = judgements._once(model, 3)
    rng = np.random.default_rng(0)
    image = rng.uniform(size=(2, 64, 64, 3)).astype("float32")
    x = {
        "history": rng.integers(0, 5, (6, 2, 4)).astype("int32"),
        "question": rng.integers(1, 5, (6, 4)).astype("int32"),
        "presence": rng.random((6, 3)) < 0.7,
    }
    expected = numpy(model({**x, "image": np.repeat(image, 3, axis=0)}))
    actual = numpy(once({**x, "image": image}))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    ids = [id(w) for w in once.trainable_weights]
    assert sorted(ids) == sorted(id(w) for w in model.trainable_weights)
