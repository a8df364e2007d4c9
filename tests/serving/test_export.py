"""What an export promises: the task's own answers, whole, in float32."""

import functools
import importlib
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_captioners
import tiny_tasks
from png_images import PNG
from png_images import images
from tensorflow.core.protobuf import saved_model_pb2

import mmkeras
from mmkeras import serving
from mmkeras.data.codecs.sample_values import images as samples
from mmkeras.serving import check
from mmkeras.serving import replay
from mmkeras.serving import versions

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Exports are made on the TensorFlow backend.",
)


@pytest.fixture(scope="module")
def photos():
    return images()


@pytest.fixture(scope="module")
def plain():
    """A task whose graph is small: of numbers."""
    return tiny_tasks.build("classify-features-mlp")


def decode(values):
    return [value.decode() for value in values.numpy()]


def types_in(folder):
    """Every dtype that any node of a SavedModel has."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((folder / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    nodes = list(graph.node)
    for function in graph.library.function:
        nodes += function.node_def
    return {
        tf.as_dtype(kind).name
        for node in nodes
        for value in node.attr.values()
        for kind in [value.type, *value.list.type]
        if kind
    }


@pytest.mark.parametrize("beam", [3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "name",
    [
        name
        if name == "caption-cnn-lstm"
        else pytest.param(name, marks=pytest.mark.slow)
        for name in mmkeras.list_models("caption")
    ],
)
def test_every_architecture_says_the_same(name, beam, tmp_path, photos):
    task = tiny_captioners.tiny(name, PNG)
    path = serving.export(
        task, tmp_path, check=False, examples=photos, beam=beam
    )
    expected = task.answer({"image": photos}, beam=beam)
    serve = tf.saved_model.load(path).signatures["serving_default"]
    received = serve(image=tf.constant(photos))
    assert decode(received["text"]) == expected["text"].tolist()
    np.testing.assert_allclose(
        received["score"], expected["score"], rtol=1e-4, atol=1e-5
    )
    assert len(set(expected["text"])) > 2  # The images matter.


def test_greedy_and_beam_differ(task, answers):
    """Else the test above could not tell an ignored option."""
    greedy = task.answer({"image": samples()}, beam=1)["score"]
    assert (answers["score"] > greedy).any()


def test_the_signature_is_as_documented(model):
    serve = model._loaded.signatures["serving_default"]
    (_, inputs), outputs = (
        serve.structured_input_signature,
        serve.structured_outputs,
    )
    assert {k: (v.shape.as_list(), v.dtype) for k, v in inputs.items()} == {
        "image": ([None], tf.string)
    }
    assert {k: (v.shape.as_list(), v.dtype) for k, v in outputs.items()} == {
        "text": ([None], tf.string),
        "score": ([None], tf.float32),
        "error": ([None], tf.string),
    }


@pytest.mark.parametrize("size", [1, 7])
def test_any_batch_size(answers, model, size):
    serve = model._loaded.signatures["serving_default"]
    received = serve(image=tf.constant((samples() * 2)[:size]))
    expected = [*answers["text"], *answers["text"]][:size]
    assert decode(received["text"]) == expected
    assert received["score"].shape == received["error"].shape == (size,)


@pytest.mark.slow
def test_a_model_of_mixed_precision_is_exported_in_float32(tmp_path, photos):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = tiny_captioners.tiny("caption-cnn-attention-lstm", PNG)
        mixed.answer({"image": photos}, beam=3)
        path = serving.export(mixed, tmp_path, check=False, examples=photos)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert mixed.model.get_layer("decoder").compute_dtype == "bfloat16"
    types = types_in(path)
    assert "float32" in types
    assert not types & {"bfloat16", "float16", "float64"}
    plain = tiny_captioners.tiny("caption-cnn-attention-lstm", PNG)
    plain.model.set_weights(mixed.model.get_weights())
    expected = plain.answer({"image": photos}, beam=3)
    received = serving.load(path).predict(photos)
    assert received["text"] == expected["text"].tolist()
    np.testing.assert_allclose(
        received["score"], expected["score"], rtol=1e-4, atol=1e-6
    )


def test_the_golden_answers_are_the_task_s(answers, folder):
    golden = json.loads((folder / "1" / "golden.json").read_text("utf-8"))
    options = {"beam": 3, "length_penalty": 0.7, "xla": False}
    assert golden["options"] == options
    outputs = [row["outputs"] for row in golden["rows"]]
    for key in ("text", "error"):
        assert [row[key] for row in outputs] == answers[key].tolist()
    np.testing.assert_allclose(
        [row["score"] for row in outputs],
        answers["score"],
        rtol=1e-5,
        atol=1e-6,
    )
    assert answers["error"].tolist()[-2:] == [
        "image: truncated JPEG",
        "example has no input: image is missing",
    ]
    assert len(set(answers["text"][:4])) > 1


def test_a_difference_fails_the_export(plain, tmp_path, monkeypatch):
    """The fresh process has its own tests; here the export runs in this."""
    saved = importlib.import_module("mmkeras.serving.saved_model")
    save, answers = saved.write_saved_model, []

    def other(*arguments):
        outputs, others = save(*arguments)
        answers.append(outputs["label"][1])
        outputs["label"][1] = "none of the classes"
        return outputs, others

    monkeypatch.setattr(saved, "write_saved_model", other)
    monkeypatch.setattr(
        check, "replay_separately", lambda path, _: replay.replay(path)
    )
    with pytest.raises(RuntimeError) as caught:
        serving.export(plain, tmp_path)
    for part in ("row 1", "none of the classes", repr(answers[0])):
        assert part in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_export_that_does_not_load_fails(folder, tmp_path):
    broken = shutil.copytree(folder / "1", tmp_path / "1")
    for path in (broken / "variables").iterdir():
        path.unlink()
    with pytest.raises(RuntimeError, match="does not run.*exit code 1"):
        serving.check_export(broken)


def test_the_next_version_stands_beside_the_first(plain, tmp_path):
    folder = tmp_path / "my model (é)"
    export = functools.partial(serving.export, plain, folder, check=False)
    assert export() == folder / "1"
    first = (folder / "1" / "saved_model.pb").read_bytes()
    assert 'name: "my-model"' in (folder / "models.config").read_text()
    (folder / "models.config").write_text("# edited")
    assert export() == folder / "2"
    assert (folder / "1" / "saved_model.pb").read_bytes() == first
    assert (folder / "models.config").read_text() == "# edited"
    assert sorted(x.name for x in folder.iterdir()) == [
        "1",
        "2",
        "models.config",
    ]


def test_a_failure_leaves_nothing(plain, tmp_path, monkeypatch):
    warmup = importlib.import_module("mmkeras.serving.warmup")

    def fail(folder, *_):
        assert (folder / "saved_model.pb").exists()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(warmup, "write", fail)
    with pytest.raises(OSError, match="No space left"):
        serving.export(plain, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_version_is_refused_before_any_work(folder):
    with pytest.raises(FileExistsError, match="never written over"):
        serving.export(None, folder, version=1)
    assert versions.numbers(folder) == [1]


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"temperature": 0.5}, "temperature=0.5"),
        ({"examples": []}, "0 of type none"),
        ({"examples": ["photo.jpg"]}, "1 of type str"),
        ({"beam": 0}, "beam=0"),
        ({"version": "1"}, "version='1'"),
    ],
)
def test_wrong_arguments_are_named(task, tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        serving.export(task, tmp_path, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_another_backend_is_refused(task, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="'jax'.*KERAS_BACKEND=tensorflow"):
        serving.export(task, tmp_path)
    assert list(tmp_path.iterdir()) == []
