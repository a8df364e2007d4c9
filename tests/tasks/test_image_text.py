"""CLIP and SigLIP answer without training, as in KerasHub."""

import json
import pathlib
import shutil

import image_files
import keras
import keras_hub
import numpy as np
import pytest
import tiny_presets
from checks import numpy

import mmkeras
from mmkeras import hub
from mmkeras import tasks
from mmkeras.tasks import frozen_parts

LABELS = ["a red", "The green, dog!", "blue 24", "é no"]
SIZES = [(32, 32), (50, 70), (20, 11)]
NOISE = np.random.default_rng(0).integers(0, 255, (3, 5, 4, 3), "uint8")
NOISE = NOISE.repeat(12, axis=1).repeat(18, axis=2)
IMAGES = [x[:height, :width] for x, (height, width) in zip(NOISE, SIZES)]
FILES = [image_files.save(x, "PNG") for x in IMAGES]


@pytest.fixture(
    scope="module",
    params=[
        "clip",
        pytest.param("siglip", marks=pytest.mark.slow),
        pytest.param("meta_clip_2", marks=pytest.mark.slow),
    ],
)
def preset(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("presets") / request.param
    return getattr(tiny_presets, request.param)(folder)


@pytest.fixture(scope="module")
def task(preset):
    return mmkeras.load(f"hub:{preset}")


def expected(preset):
    """What KerasHub's backbone and preprocessor make of the same inputs."""
    backbone = keras_hub.models.Backbone.from_preset(preset)
    name = type(backbone).__name__.removesuffix("Backbone")
    kind = "CausalLMPreprocessor" if "Meta" in name else "Preprocessor"
    preprocess = getattr(keras_hub.models, name + kind).from_preset(
        preset, sequence_length=backbone.text_encoder.max_sequence_length
    )
    x = preprocess({"prompts": LABELS, "images": IMAGES[0][None]})
    pixels = [preprocess.image_converter(x) for x in IMAGES]
    pixels = np.stack([numpy(x) for x in pixels]).astype("float32")
    tokens = numpy(x["token_ids"])
    logits = backbone({"images": pixels, "token_ids": tokens})
    image = backbone.get_vision_embeddings(pixels)
    text = backbone.get_text_embeddings(tokens)
    shares = keras.ops.softmax(logits["vision_logits"])
    return [numpy(x) for x in (shares, image, text)]


def test_zero_shot_classes_are_those_of_the_published_logits(task, preset):
    shares, *_ = expected(preset)
    answers = task.zero_shot(FILES, LABELS)
    np.testing.assert_allclose(answers["probability"], shares, atol=1e-4)
    assert np.ptp(shares, axis=0).max() > 1e-3  # Images differ.
    labels = [LABELS[i] for i in shares.argmax(1)]
    assert answers["label"].tolist() == labels and not any(answers["error"])


def test_embeddings_are_those_of_the_backbone(task, preset):
    _, images, texts = expected(preset)
    pairs = (("image", FILES, images), ("text", LABELS, texts))
    for field, values, vectors in pairs:
        actual, errors = task.embed(field, values)
        vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
        np.testing.assert_allclose(actual, vectors, atol=1e-4)
        assert not any(errors)


def test_logits_of_pairs_have_the_published_scale_and_bias(task, preset):
    backbone = keras_hub.models.Backbone.from_preset(preset)
    head = backbone.layers[-1].weights
    weights = {w.name: float(numpy(w)) for w in head}
    layer = task.model.get_layer("embeddings")
    scale = np.exp(weights["logit_scale"])
    assert float(layer.current_scale) == pytest.approx(scale, rel=1e-5)
    bias = [float(numpy(w)) for w in layer.weights if w.name == "bias"]
    assert bias == ([weights["logit_bias"]] if "logit_bias" in weights else [])


def test_what_is_missing_or_unreadable_is_an_error(task):
    vectors, errors = task.embed("image", [FILES[0], b"no image", b""])
    assert [bool(e) for e in errors] == [False, True, True]
    assert vectors[0].any() and not vectors[1:].any()
    _, errors = task.embed("text", ["", " ", "red"])
    assert [bool(e) for e in errors] == [True, True, False]


def test_a_folder_needs_no_prefix(preset, task):
    again = tasks.load(preset)
    assert type(again) is tasks.Retrieve
    before, after = task.embed("text", LABELS), again.embed("text", LABELS)
    np.testing.assert_array_equal(before[0], after[0])


def test_is_saved_and_loaded_as_any_task(task, tmp_path):
    again = tasks.load(task.save(tmp_path / "run"))
    before, after = (x.zero_shot(FILES, LABELS) for x in (task, again))
    np.testing.assert_allclose(
        after["probability"], before["probability"], atol=1e-5
    )


def test_its_encoders_are_branches(task):
    branches = frozen_parts.branches(task.model)
    assert {*branches} == {"image", "text"}
    assert all(branch.is_frozen for branch in branches.values())


def test_a_network_of_texts_alone_is_refused(tmp_path):
    folder = tiny_presets.bert(tmp_path / "bert")
    with pytest.raises(ValueError, match="BertBackbone.*model.text=hub:"):
        mmkeras.load(f"hub:{folder}")


def test_code_in_a_configuration_is_refused(tmp_path):
    folder = pathlib.Path(tiny_presets.clip(tmp_path / "clip"))
    path = folder / "config.json"
    config = json.loads(path.read_text())
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {}}
    config["config"]["vision_encoder"] = layer
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="Lambda"):
        mmkeras.load(folder)


def test_the_model_file_is_that_of_the_weights(preset, task, tmp_path):
    assert hub.model_file(preset).name == "model.weights.h5"
    assert hub.model_file(task.save(tmp_path / "run")).name == "task.json"
    copy = shutil.copytree(preset, tmp_path / "copy")
    (copy / "model.weights.h5").unlink()
    (copy / "model.safetensors").write_bytes(b"")
    assert hub.model_file(copy).name == "model.safetensors"


def test_names_that_are_nowhere_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no preset of KerasHub clap"):
        mmkeras.load("hub:clap")
    with pytest.raises(FileNotFoundError, match="has no config.json"):
        mmkeras.load(f"hub:{tmp_path}")
