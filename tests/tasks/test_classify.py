import itertools
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import only_tensorflow
from multimodal_rows import rows
from multimodal_rows import task as task_of

import mmkeras
from mmkeras.data import codecs
from mmkeras.tasks import Classify

NAME = "classify-image-audio-concat"
SIZES = {"image_shape": (16, 16, 3), "audio_shape": (2000,), "dim": 8}


@pytest.fixture(scope="module")
def task():
    keras.utils.set_random_seed(0)
    return task_of(mmkeras.build_model(NAME, num_classes=2, **SIZES))


@pytest.fixture(scope="module")
def batch():
    some = [r for r in rows(count=12) if r["image"] and r["audio"]][:4]
    return {field: [r[field] for r in some] for field in ("image", "audio")}


def test_answers_with_labels_and_probabilities(task, batch):
    answers = task.answer(batch)
    assert set(answers["label"]) <= {"bright", "dark"}
    assert answers["probability"].shape == (4, 2)
    np.testing.assert_allclose(
        answers["probability"].sum(1), 1, rtol=1e-5, atol=1e-6
    )
    assert answers["error"].tolist() == [""] * 4
    for i, label in enumerate(answers["label"]):
        best = answers["probability"][i].argmax()
        assert label == ("bright", "dark")[best]


def test_missing_values_do_not_change_a_bit(task, batch):
    only = {"image": batch["image"]}
    alone = task.answer(only)["probability"]
    as_none = task.answer({**only, "audio": [None] * 4})["probability"]
    as_empty = task.answer({**only, "audio": [b""] * 4})["probability"]
    np.testing.assert_array_equal(alone, as_none)
    np.testing.assert_array_equal(alone, as_empty)
    with_sound = task.answer(batch)["probability"]
    assert np.abs(with_sound - alone).max() > 1e-6


def test_predictions_do_not_depend_on_the_batch(task, batch):
    mixed = {
        "image": [batch["image"][0], None, None, b"junk", batch["image"][2]],
        "audio": [batch["audio"][0], batch["audio"][1], None, None, b"junk"],
    }
    answers = task.answer(mixed)
    errors = answers["error"].tolist()
    assert errors[:2] == ["", ""]
    assert errors[2] == "example has no input: image and audio are all missing"
    assert errors[3].startswith("image: ")
    assert errors[4].startswith("audio: ")
    assert answers["label"].tolist()[2:] == [""] * 3
    assert not answers["probability"][2:].any()
    for i in range(2):
        one = {k: [v[i]] for k, v in mixed.items()}
        alone = task.answer(one)
        assert alone["label"][0] == answers["label"][i]
        np.testing.assert_allclose(
            alone["probability"][0], answers["probability"][i], atol=1e-5
        )


def test_a_waveform_with_its_rate_is_a_sound(task):
    wave = 0.5 * np.sin(np.arange(8000) / 3)
    answers = task.answer({"audio": [(wave, 8000), (wave[:, None], 8000)]})
    assert answers["error"].tolist() == ["", ""]
    np.testing.assert_array_equal(*answers["probability"])


@only_tensorflow
def test_the_graph_answers_as_the_task_does(task, batch):
    given = {k: tf.constant(v) for k, v in batch.items()}
    given["image"] = tf.concat([given["image"][:2], ["", "junk"]], 0)
    answers = tf.function(task.serving_fn)(given)
    expected = task.answer({k: v.numpy().tolist() for k, v in given.items()})
    assert answers["label"].numpy().astype(str).tolist() == list(
        expected["label"]
    )
    np.testing.assert_allclose(
        answers["probability"], expected["probability"], atol=1e-5
    )


@only_tensorflow
def test_encodes_in_a_data_set(task):
    some = rows(count=12)
    labels = [task.codecs["label"](row["label"]) for row in some]
    dataset = tf.data.Dataset.from_tensor_slices(
        {
            "image": [row["image"] or b"" for row in some],
            "audio": [row["audio"] or b"" for row in some],
            "label": labels,
        }
    )
    encoded = list(dataset.map(task.encode).batch(12).map(task.normalize))
    [(x, y)] = encoded
    presence = [[bool(r["image"]), bool(r["audio"])] for r in some]
    assert x["presence"].numpy().tolist() == presence
    assert y.numpy().tolist() == labels
    logits = task.model.predict_on_batch(x)
    raw = {k: [r[k] for r in some] for k in ("image", "audio")}
    chances = tf.nn.softmax(logits).numpy()
    expected = task.answer(raw)["probability"]
    np.testing.assert_allclose(chances, expected, atol=1e-5)


def test_saves_and_loads(task, batch, tmp_path):
    task.save(tmp_path)
    loaded = mmkeras.load(tmp_path)
    assert type(loaded) is Classify
    np.testing.assert_allclose(
        loaded.answer(batch)["probability"],
        task.answer(batch)["probability"],
        atol=1e-6,
    )


def test_reads_text_and_features():
    words = codecs.Text.from_texts(["a sun", "a moon"], minimum=1, length=6)
    fitted = {"text": words, "label": codecs.Labels(["x", "y", "z"])}
    model = mmkeras.build_model(
        "classify-text-bow", num_classes=3, vocabulary_size=len(words), dim=4
    )
    answers = Classify(model, fitted).answer({"text": ["a sun", None, "moon"]})
    absent = "example has no input: text is missing"
    assert answers["error"].tolist() == ["", absent, ""]
    branch = mmkeras.branches.features.dense((3,), 4)
    model = mmkeras.build_model("classify-text-bow", num_classes=3, text=branch)
    fitted["text"] = codecs.Features((3,))
    given = [np.ones(3), None, [1, np.nan, 2], [1, np.inf, 2]]
    answers = Classify(model, fitted).answer({"text": given})
    errors = answers["error"].tolist()
    assert errors[:2] == ["", absent]
    assert all("not finite" in error for error in errors[2:])


def test_what_does_not_fit_is_refused(task, batch):
    with pytest.raises(ValueError, match="image.*audio.*photo"):
        task.answer({"photo": batch["image"]})
    with pytest.raises(ValueError, match="equal length.*4.*3"):
        task.answer({**batch, "audio": batch["audio"][:3]})
    with pytest.raises(ValueError, match="codec for each"):
        Classify(task.model, {"image": task.codecs["image"]})
    three = {**task.codecs, "label": codecs.Labels(["a", "b", "c"])}
    with pytest.raises(ValueError, match="num_classes=3"):
        Classify(task.model, three)
    with pytest.raises(ValueError, match="type int"):
        task.answer({"image": list(itertools.repeat(3, 2))})


def test_attention_is_where_the_maximum_is():
    pixels = keras.Input((4, 3), name="image")
    regions = keras.layers.Identity(name="attention")(pixels)
    maxima = keras.layers.GlobalMaxPooling1D()(regions)
    fitted = {"image": codecs.Features((4, 3)), "label": codecs.Labels("abc")}
    task = Classify(keras.Model({"image": pixels}, maxima), fitted)
    x = np.zeros((4, 3), "float32")
    x[2, 0] = 1  # The second feature is as large twice, the third nowhere.
    x[1:3, 1] = 2
    expected = np.array([1 / 4, 1 / 2 + 1 / 4, 1 + 1 / 2 + 1 / 4, 1 / 4]) / 3
    np.testing.assert_allclose(
        task.attention_maps({"image": [x]})[0, 0], expected
    )


def test_the_paths_of_files_are_read(task, batch, tmp_path):
    image, audio = batch["image"][0], batch["audio"][0]
    pathlib.Path(tmp_path, "a.png").write_bytes(image)
    pathlib.Path(tmp_path, "a.wav").write_bytes(audio)
    given = {
        "image": [image, tmp_path / "a.png", str(tmp_path / "a.png"), "no.png"],
        "audio": [audio, str(tmp_path / "a.wav"), tmp_path / "a.wav", audio],
    }
    answers = task.answer(given)
    np.testing.assert_array_equal(
        answers["probability"][1:3], answers["probability"][[0, 0]]
    )
    assert answers["error"].tolist()[:3] == [""] * 3
    assert answers["error"][3].startswith("image: no.png: no such file")
    assert not answers["probability"][3].any() and answers["label"][3] == ""


@pytest.mark.parametrize("bad", ["a.png", b"\x89PNG", pathlib.Path("a"), 3])
def test_a_bare_value_is_refused_with_the_remedy(task, bad):
    for field in ("image", "audio"):
        with pytest.raises(ValueError, match="expects a list.*list of one"):
            task.answer({field: bad})
