"""Properties of all captioners."""

import keras
import numpy as np
import pytest
from architectures import batch
from architectures import names
from architectures import shared
from architectures import tiny
from checks import fast
from checks import numpy
from checks import only_tensorflow

import mmkeras
from mmkeras import losses

NAMES = mmkeras.list_models("caption")


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return shared(request.param)


@pytest.fixture(scope="module")
def inputs(model):
    return batch(model)


def test_the_zoo_has_its_captioners():
    assert set(NAMES) >= {
        "caption-cnn-lstm",
        "caption-cnn-attention-lstm",
        "caption-cnn-transformer",
        "caption-vit-transformer",
    }


@pytest.mark.parametrize("name", NAMES)
def test_builds_with_defaults(name):
    model = mmkeras.build_model(name)
    assert model.input["image"].shape == (None, 224, 224, 3)
    assert model.output_shape == (None, None, 5000)
    assert not model.compiled
    assert type(model).__name__ == "Functional"


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_can_be_passed_in(name):
    pixels = keras.Input((8, 12, 3), name="pixels")
    x = keras.layers.Reshape((6, 48), name="regions")(pixels)
    branch = keras.Model(pixels, x, name="encoder")
    model = tiny(name, image=branch)
    assert model.get_layer("encoder") is branch
    assert model.input["image"].shape == (None, 8, 12, 3)
    assert np.isfinite(numpy(model(batch(model)))).all()


def test_forward_is_finite_and_shaped(model, inputs):
    logits = numpy(fast(model)(inputs))
    assert logits.shape == (2, 6, 11)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()
    assert logits.std() > 0


def test_image_and_words_both_matter(model, inputs):
    forward = fast(model)
    logits = numpy(forward(inputs))
    changed = {**inputs, "image": 1 - inputs["image"]}
    assert np.abs(numpy(forward(changed)) - logits).max() > 1e-5
    changed = {**inputs, "tokens": inputs["tokens"] % 4 + 1}
    assert np.abs(numpy(forward(changed)) - logits).max() > 1e-5


def test_padding_has_no_effect_on_earlier_logits(model, inputs):
    tokens = inputs["tokens"].copy()
    tokens[:, 4:] = 0
    forward = fast(model)
    padded = numpy(forward({**inputs, "tokens": tokens}))
    short = numpy(forward({**inputs, "tokens": tokens[:, :4]}))
    np.testing.assert_allclose(padded[:, :4], short, rtol=1e-4, atol=1e-5)


def test_has_an_encoder_and_a_decoder(model):
    encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
    assert isinstance(encoder, keras.Model)
    assert len(encoder.output_shape) == 3
    for part in ("start", "step"):
        assert callable(getattr(decoder, part))


# The encoder of the others is exported with one, the decoder with the other.
@only_tensorflow
@pytest.mark.parametrize(
    "name",
    names(
        NAMES,
        slow=[
            "caption-cnn-attention-lstm",
            "caption-cnn-lstm",  # See tests of exports.
            "caption-cnn-transformer",
        ],
    ),
)
def test_saved_model_of_the_plain_model(name, tmp_path):
    import tensorflow as tf

    model = shared(name)
    inputs = batch(model)
    model.export(str(tmp_path), verbose=False)
    served = tf.saved_model.load(str(tmp_path))
    for size, length in ((2, 6), (1, 3)):  # Batch and length are free.
        part = {"image": inputs["image"][:size]}
        part["tokens"] = inputs["tokens"][:size, :length]
        actual = served.serve(keras.tree.map_structure(tf.constant, part))
        np.testing.assert_allclose(
            actual, numpy(model(part)), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize(
    "name",
    [
        name
        if name == "caption-cnn-lstm"
        else pytest.param(name, marks=pytest.mark.slow)
        for name in NAMES
    ],
)
def test_learns_one_batch(name):
    """A model with sufficient capacity fits its targets."""
    model = tiny(name, dropout=0.0)
    x = batch(model)
    y = np.random.default_rng(1).integers(1, 11, (2, 6)).astype("int32")
    x, y = keras.tree.map_structure(lambda x: np.concatenate([x] * 15), (x, y))
    model.compile(keras.optimizers.Adam(0.03), losses.TokenCrossentropy())
    model.optimizer.build(model.trainable_variables)
    history = model.fit(x, y, batch_size=2, epochs=4, verbose=0, shuffle=False)
    first, *_, last = history.history["loss"]
    assert last < 0.7 < 1.2 < first
