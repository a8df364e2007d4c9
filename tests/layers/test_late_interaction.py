"""Late interaction of regions and words, beside plain loops."""

import keras
import numpy as np
import pytest
from checks import POLICIES
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import layers
from mmkeras import losses
from mmkeras import metrics

RNG = np.random.default_rng(0)
REGIONS = RNG.normal(size=(4, 3, 5)).astype("float32")
WORDS = RNG.normal(size=(4, 6, 5)).astype("float32")
LENGTHS = (6, 1, 0, 4)
for words, length in zip(WORDS, LENGTHS):
    words[length:] = 0


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def by_hand(regions, words):
    """The similarity of one image and one text."""
    words = [word for word in words if word.any()]
    closest = [max(word @ region for region in regions) for word in words]
    return np.mean(closest) if closest else 0.0


EXPECTED = np.array(
    [[by_hand(unit(r), unit(w)) for w in WORDS] for r in REGIONS]
)


def test_a_logit_is_the_mean_over_words_of_the_closest_region():
    layer = layers.LateInteraction(scale=5.0)
    pairs = layer([REGIONS, WORDS])
    assert pairs.shape == (4, 9, 5) and layer.regions == 3
    logits = numpy(losses.late_interaction(pairs, 3))
    np.testing.assert_allclose(logits, 5 * EXPECTED, rtol=1e-4, atol=1e-5)
    assert not logits[:, 2].any()  # There are no words.
    cosines = numpy(layer.cosine(pairs))
    np.testing.assert_allclose(cosines, EXPECTED.diagonal(), atol=1e-5)


@pytest.mark.parametrize("block", [1, 30, 2**20])
def test_the_metric_equals_the_loop_in_blocks_of_any_size(block):
    actual = metrics.late_interaction(unit(REGIONS), unit(WORDS), block)
    np.testing.assert_allclose(actual, EXPECTED, rtol=1e-4, atol=1e-6)
    none = metrics.late_interaction(REGIONS, WORDS[:0], block)
    assert none.shape == (4, 0)


def test_several_texts_are_compared_with_each_image():
    layer = layers.LateInteraction()
    layer.build([REGIONS.shape, WORDS.shape])
    texts = np.broadcast_to(unit(WORDS), (4, *WORDS.shape))
    actual = numpy(layer.compare(unit(REGIONS), texts))
    np.testing.assert_allclose(actual, EXPECTED, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["contrastive", "triplet", "semi-hard"])
def test_the_loss_compares_all_regions_and_words(loss):
    layer = layers.LateInteraction(loss)
    pairs = layer([REGIONS, WORDS])
    assert layer.learns_scale == (loss == "contrastive")
    assert bool(layer.trainable_weights) == layer.learns_scale
    function = losses.contrastive_loss
    options = {"negatives": loss} if loss == "semi-hard" else {}
    if loss != "contrastive":
        function = losses.triplet_loss
    groups = np.array([0, 1, 2, 1])
    actual = function(
        pairs, groups, similarity=lambda x: losses.late_interaction(x, 3),
        **options,
    )  # fmt: skip
    logits = numpy(losses.late_interaction(pairs, 3))
    expected = function(logits, groups, similarity=lambda x: x, **options)
    np.testing.assert_allclose(numpy(actual), numpy(expected), rtol=1e-4)
    assert numpy(actual).shape == (4,) and np.isfinite(numpy(actual)).all()


@pytest.mark.parametrize("policy", POLICIES)
def test_computes_in_float32(policy):
    keras.config.set_dtype_policy(policy)
    pairs = layers.LateInteraction()([REGIONS, WORDS])
    assert keras.backend.standardize_dtype(pairs.dtype) == "float32"


def test_is_saved_and_loaded():
    check_config(layers.LateInteraction("triplet"))
    inputs = [keras.Input(x.shape[1:]) for x in (REGIONS, WORDS)]
    model = keras.Model(inputs, layers.LateInteraction()(inputs))
    check_saves(model, [REGIONS, WORDS])


@pytest.mark.parametrize(
    "options, shapes, message",
    [
        ({"loss": "sigmoid"}, None, "contrastive, triplet, semi-hard"),
        ({"scale": 0}, None, "scale=0"),
        ({}, [(2, 4), (2, 5, 4)], "constant number of regions"),
        ({}, [(2, None, 4), (2, 5, 4)], "constant number of regions"),
    ],
)
def test_wrong_arguments_are_refused(options, shapes, message):
    with pytest.raises(ValueError, match=message):
        layers.LateInteraction(**options).build(shapes)


def test_padding_becomes_zeros():
    layer = layers.MaskSteps()
    mask = np.arange(6) < np.array(LENGTHS)[:, None]
    x = np.ones((4, 6, 5), "float32")
    masked = numpy(layer(x, mask=keras.ops.convert_to_tensor(mask)))
    np.testing.assert_array_equal(masked, x * mask[..., None])
    np.testing.assert_array_equal(numpy(layer(x)), x)
    check_config(layer)
