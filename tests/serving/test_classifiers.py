"""Classifiers as exports: raw fields in, any left out, labels out."""

import json

import mutations
import numpy as np
import pytest
import tensorflow as tf
from checks import run_python
from multimodal_rows import rows
from multimodal_rows import task as task_of

import mmkeras
from mmkeras import serving
from mmkeras.data import codecs
from mmkeras.serving import client
from mmkeras.serving import golden
from mmkeras.tasks import Classify

SIZES = {"image_shape": (16, 16, 3), "audio_shape": (2000,), "dim": 8}


@pytest.fixture(scope="module")
def task():
    model = mmkeras.build_model(
        "classify-image-audio-concat", num_classes=2, **SIZES
    )
    return task_of(model)


@pytest.fixture(scope="module")
def exported(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "classifier"
    return serving.export(task, folder, check=False)


@pytest.fixture(scope="module")
def served(exported):
    """The export, loaded once: its first answers take seconds."""
    return client.load(exported)


@pytest.mark.slow
def test_answers_as_the_task_does_whatever_is_left_out(task, served):
    some = rows(count=12)
    batch = {k: [row[k] or b"" for row in some] for k in ("image", "audio")}
    batch["image"][3], batch["audio"][4] = b"junk", b"junk"
    batch["image"][5] = batch["audio"][5] = b""
    answers, expected = served.predict(batch), task.answer(batch)
    assert answers["label"] == expected["label"].tolist()
    absent = "example has no input: image and audio are all missing"
    assert answers["error"][5] == absent
    assert answers["error"][3] == expected["error"][3] != ""
    assert answers["error"][4].startswith("audio: ")
    np.testing.assert_allclose(
        answers["probability"], expected["probability"], atol=1e-5
    )


def test_damaged_files_are_answered_alike_and_harm_no_other(task, served):
    count = 120
    good = [row for row in rows(count=8) if row["image"] and row["audio"]]
    good = {k: [row[k] for row in good] for k in ("image", "audio")}
    batch = {
        "image": [*mutations.images(count, seed=1), *good["image"]],
        "audio": [*mutations.sounds(count, seed=1), *good["audio"]],
    }
    answers, expected = served.predict(batch), task.answer(batch)
    assert answers["label"] == expected["label"].tolist()
    refused = np.array([error != "" for error in answers["error"]])
    np.testing.assert_array_equal(refused, expected["error"] != "")
    assert 0.2 < refused[:count].mean() < 0.9
    np.testing.assert_allclose(
        answers["probability"], expected["probability"], atol=1e-4
    )
    alone = served.predict(good)
    assert answers["label"][count:] == alone["label"]
    np.testing.assert_allclose(
        answers["probability"][count:], alone["probability"], atol=1e-4
    )


def test_a_field_left_out_is_absent(served):
    images = [row["image"] for row in rows(count=3)]
    alone = served.predict({"image": images})
    assert alone == served.predict({"image": images, "audio": [b""] * 3})
    assert alone["error"] == [""] * 3


def test_the_card_says_what_stands_for_an_absent_value(exported, served):
    card = json.loads((exported / golden.NAME).read_text("utf-8"))
    described = {"dtype": "string", "shape": [None], "absent": ""}
    assert card["inputs"] == {"image": described, "audio": described}
    serve = served._loaded.signatures[card["signature"]]
    image = next(row["image"] for row in rows(count=3) if row["image"])
    raw = {"image": [image], "audio": [card["inputs"]["audio"]["absent"]]}
    answer = serve(**{k: tf.constant(v) for k, v in raw.items()})
    expected = served.predict({"image": [image]})
    assert answer["label"].numpy()[0].decode() == expected["label"][0]
    assert answer["error"].numpy()[0] == b""


def test_golden_rows_lack_each_field_at_times(exported):
    inputs = [row["inputs"] for row in golden.read(exported)]
    empty = {"b64": ""}
    for field in ("image", "audio"):
        absent = [row[field] == empty for row in inputs]
        assert any(absent) and not all(absent)
    assert any(all(v == empty for v in row.values()) for row in inputs)


@pytest.mark.slow
def test_text_and_features_are_inputs_too(tmp_path):
    words = codecs.Text.from_texts(["a sun", "a moon"], minimum=1, length=6)
    branch = mmkeras.branches.features.dense((3,), 4, name="audio_encoder")
    model = mmkeras.build_model(
        "sentiment-text-audio-gated",
        vocabulary_size=len(words),
        dim=4,
        audio=branch,
    )
    codecs_by_field = {"text": words, "audio": codecs.Features((3,))}
    task = Classify(
        model, {**codecs_by_field, "label": codecs.Labels(["n", "p"])}
    )
    path = serving.export(task, tmp_path / "both")
    batch = {"text": ["a sun", ""], "audio": np.float32([[1, 2, 3], [0, 1, 0]])}
    answers, expected = client.load(path).predict(batch), task.answer(batch)
    assert answers["label"] == expected["label"].tolist()
    np.testing.assert_allclose(
        answers["probability"], expected["probability"], atol=1e-5
    )
    alone = client.load(path).predict({"text": batch["text"][:1]})
    expected = task.answer({"text": batch["text"][:1]})
    np.testing.assert_allclose(
        alone["probability"], expected["probability"], atol=1e-5
    )


@pytest.mark.slow
def test_an_export_that_answers_otherwise_is_refused(task, exported):
    serving.check_export(exported)
    path = exported / golden.NAME
    whole = path.read_text()
    card = json.loads(whole)
    card["rows"][0]["outputs"]["probability"][0] += 0.01
    path.write_text(json.dumps(card))
    with pytest.raises(RuntimeError, match="row 0"):
        serving.check_export(exported)
    path.write_text(whole)


@pytest.mark.slow
def test_serves_where_there_is_no_keras(exported, tmp_path):
    code = """
import sys
sys.modules["keras"] = None
from mmkeras.serving import client
answers = client.load(sys.argv[1]).predict({"image": [b""], "audio": [b""]})
print(answers["error"])
"""
    done = run_python(code, exported)
    assert "example has no input: " in done.stdout, done.stderr
