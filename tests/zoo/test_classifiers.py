"""Classifiers and dialogue models: absent inputs have no effect."""

import itertools

import keras
import numpy as np
import pytest
from architectures import batch
from architectures import names
from architectures import shared
from architectures import tiny
from checks import EAGER
from checks import fast
from checks import numpy
from checks import only_tensorflow

import mmkeras
from mmkeras import fusion

TASKS = ("classify", "dialogue", "emotion", "sentiment", "vqa")
NAMES = [name for task in TASKS for name in mmkeras.list_models(task)]
VQA = mmkeras.list_models("vqa")
NAMED = [n for n in NAMES if len(n.split("-")) > 3 and "text-cont" not in n]
DIALOGUES = [n for n in NAMES if n.startswith("dialogue-text-image-")]
NAMED = [n for n in NAMED if n not in (*VQA, *DIALOGUES)]
SEVERAL = [*NAMED, *VQA, *DIALOGUES]
FUSED = [n for n in NAMES if "fusion" in mmkeras.get(n).arguments]
EXAMPLE = "classify-image-audio-concat"
ATTENTIVE = "vqa-cnn-stacked-attention"


def fields(model):
    return [n for n in model.input if n not in ("presence", "tokens")]


def test_the_zoo_has_its_models():
    assert set(NAMES) >= {
        "classify-audio-cnn",
        "classify-features-mlp",
        "classify-image-audio-concat",
        "classify-image-cnn",
        "classify-image-text-audio-bottleneck",
        "classify-image-text-bow",
        "classify-image-text-gated",
        "classify-text-bow",
        "classify-text-transformer",
        "dialogue-text-image-modules",
        "dialogue-text-image-late",
        "dialogue-text-image-memory",
        "dialogue-text-image-transformer",
        "dialogue-text-scene-gru",
        "emotion-text-context",
        "sentiment-text-audio-concat",
        "sentiment-text-audio-gated",
        "sentiment-text-audio-lowrank",
        "sentiment-text-audio-tensor",
        "sentiment-text-audio-transformer",
        "sentiment-text-audio-video-context",
        "sentiment-text-context",
        "vqa-cnn-bow",
        "vqa-cnn-film",
        "vqa-cnn-lstm",
        "vqa-cnn-mfb",
        "vqa-cnn-stacked-attention",
        "vqa-cnn-transformer",
    }
    assert EXAMPLE in SEVERAL and EXAMPLE in FUSED


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_finite(name):
    model = shared(name)
    logits = numpy(fast(model)(batch(model)))
    assert logits.shape[0] == 2
    assert logits.shape[-1] == (11 if "tokens" in model.input else 3)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all() and logits.std() > 0


@pytest.mark.parametrize("name", NAMED)
def test_the_name_lists_the_inputs(name):
    model = shared(name)
    named = [w for w in name.split("-")[1:] if w in model.input]
    assert named == fields(model)
    assert model.input["presence"].shape[1] == len(named)


@pytest.mark.parametrize("name", VQA)
def test_vqa_takes_image_and_question(name):
    model = shared(name)
    assert fields(model) == ["image", "question"]
    assert model.input["presence"].shape[1] == 2


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogues_are_about_images(name):
    model = shared(name)
    assert fields(model)[:3] == ["image", "history", "question"]
    assert fields(model)[3:] in ([], ["candidates"])
    assert model.input["presence"].shape[1] == len(fields(model))


@pytest.mark.parametrize("name", names(SEVERAL))
def test_absent_inputs_have_no_effect(name):
    model = shared(name)
    names = fields(model)
    patterns = list(itertools.product([True, False], repeat=len(names)))
    x = batch(model, size=len(patterns))
    x["presence"] = np.array(patterns)
    expected = numpy(model(x))
    other = dict(x)
    for i, field in enumerate(names):
        value = x[field].copy()
        is_absent = ~x["presence"][:, i]
        value[is_absent] = 4 if "int" in str(value.dtype) else np.nan
        other[field] = value
    np.testing.assert_array_equal(numpy(model(other)), expected)


@pytest.mark.parametrize("name", names(SEVERAL))
def test_every_present_modality_matters(name):
    model = shared(name)
    x = batch(model)
    expected = numpy(model(x))
    for i in range(len(fields(model))):
        presence = x["presence"].copy()
        presence[:, i] = False
        outputs = numpy(model({**x, "presence": presence}))
        assert np.abs(outputs - expected).max() > 0


@pytest.mark.parametrize("name", names(SEVERAL))
def test_no_presence_is_all_present(name):
    model = shared(name)
    x = batch(model)
    expected = numpy(model(x))
    np.testing.assert_array_equal(
        numpy(model({**x, "presence": None})), expected
    )
    del x["presence"]
    np.testing.assert_array_equal(numpy(model(x)), expected)


@pytest.mark.parametrize("name", names(SEVERAL))
def test_the_mask_is_optional_in_fit_and_predict(name):
    model = tiny(name)
    x = batch(model)
    expected = model.predict(x, verbose=0)
    del x["presence"]
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, **EAGER)
    y = np.zeros(expected.shape[:-1], "int32")
    history = model.fit(x, y, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.abs(model.predict(x, verbose=0) - expected).max() > 0


def test_an_emotion_does_not_depend_on_later_utterances():
    model = shared("emotion-text-context")
    x = batch(model)
    expected = numpy(model(x))
    length = expected.shape[1]
    for last in range(length - 1):
        later = np.arange(length) > last
        other = {**x, "text": x["text"].copy(), "audio": x["audio"].copy()}
        other["text"][:, later] = 7
        other["audio"][:, later] = -3
        actual = numpy(model(other))
        np.testing.assert_array_equal(actual[:, ~later], expected[:, ~later])
        assert np.abs(actual[:, later] - expected[:, later]).min(-1).max() > 0


def test_an_emotion_depends_on_earlier_utterances():
    model = shared("emotion-text-context")
    x = batch(model)
    other = {**x, "text": x["text"].copy()}
    other["text"][:, 0] = 7
    changed = numpy(model(other)) != numpy(model(x))
    assert changed.any(-1).all()


def test_an_emotion_without_audio():
    model = shared("emotion-text-context")
    x = batch(model)
    x["presence"][:, 1] = False
    expected = numpy(model(x))
    x["audio"][:] = np.nan
    np.testing.assert_array_equal(numpy(model(x)), expected)
    x["text"][:, 3:] = 0  # The end of a shorter conversation.
    actual = numpy(model(x))
    np.testing.assert_array_equal(actual[:, :3], expected[:, :3])
    unimodal = tiny("emotion-text-context", audio_shape=None)
    assert list(unimodal.input) == ["text"]
    assert unimodal.output_shape == (None, 5, 3)


def test_order_of_objects_and_padding_have_no_effect():
    model = shared("dialogue-text-scene-gru")
    x = batch(model)
    expected = numpy(model(x))
    order = [2, 0, 1]
    turned = numpy(model({**x, "scene": x["scene"][:, order]}))
    np.testing.assert_allclose(turned, expected[:, order], rtol=1e-4, atol=1e-5)
    longer = np.pad(x["text"], ((0, 0), (0, 5)))
    longer = numpy(model({**x, "text": longer}))
    np.testing.assert_allclose(longer, expected, rtol=1e-4, atol=1e-5)


# Dialogue and VQA models learn in quick tests of training.
@pytest.mark.parametrize(
    "name", names(NAMES, slow=["sentiment-text-context", ATTENTIVE])
)
def test_learns_one_batch(name):
    model = tiny(name, dropout=0.0)
    x = batch(model, size=3)
    y = np.arange(3)
    if len(model.output_shape) == 3:
        steps = model.output_shape[1] or x["tokens"].shape[1]
        y = np.tile(y[:, None], (1, steps))
    x, y = keras.tree.map_structure(lambda x: np.concatenate([x] * 15), (x, y))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.optimizer.build(model.trainable_variables)
    expected = float(loss(y, fast(model)(x)))
    history = model.fit(x, y, batch_size=3, epochs=3, verbose=0, shuffle=False)
    assert history.history["loss"][-1] < 0.7 * expected


@pytest.mark.parametrize(
    "name",
    [
        n
        if n in ("concat", "late", "tensor")
        else pytest.param(n, marks=pytest.mark.slow)
        for n in fusion.names()
    ],
)
def test_any_fusion_goes_into_a_builder(name):
    model = tiny(EXAMPLE, fusion=name)
    x = batch(model)
    logits = numpy(model(x))
    assert logits.shape == (2, 3) and np.isfinite(logits).all()
    second = tiny(EXAMPLE, fusion=fusion.get(name, dim=8))
    assert second.count_params() == model.count_params()


def test_a_fusion_layer_keeps_its_automatic_name():
    # The name of the second `Mean` of a process.
    model = tiny(EXAMPLE, fusion=fusion.Mean(name="mean_1"))
    assert model.get_layer("mean_1") is not None


# Recurrent layers are in exported captioners and VQA models as well, and
# images with audio in tests of exports.
@only_tensorflow
@pytest.mark.parametrize(
    "name", names(NAMES, slow=["sentiment-text-context", EXAMPLE])
)
def test_saved_model_of_the_plain_model(name, tmp_path):
    import tensorflow as tf

    model = shared(name)
    model.export(str(tmp_path), verbose=False)
    served = tf.saved_model.load(str(tmp_path))
    for size in (2, 1):
        part = {k: v[:size] for k, v in batch(model).items()}
        actual = served.serve(keras.tree.map_structure(tf.constant, part))
        np.testing.assert_allclose(
            actual, numpy(model(part)), rtol=1e-4, atol=1e-5
        )


def test_features_are_vectors_or_sequences_of_any_length():
    model = tiny("classify-features-mlp", features_shape=(5, 6))
    x = batch(model)["features"]
    x[0, 2:] = 0
    expected = numpy(model({"features": x}))
    single = tiny("classify-features-mlp")
    single.set_weights(model.get_weights())
    means = np.stack([x[0, :2].mean(0), x[1].mean(0)])
    actual = numpy(single({"features": means}))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="features_shape"):
        tiny("classify-features-mlp", features_shape=(5, 6, 7))
