"""The encoders of CLIP and SigLIP as branches, beside KerasHub itself."""

import keras
import keras_hub
import numpy as np
import pytest
import tiny_presets
from checks import check_saves
from checks import check_trains
from checks import numpy
from checks import randomize

from mmkeras import branches
from mmkeras.branches import image_text

SIDE = tiny_presets.IMAGE_SIZE
PIXELS = np.random.default_rng(0).random((2, SIDE, SIDE, 3)).astype("float32")
SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8}
SIZES |= {"intermediate_dim": 16}
END = 29  # The highest id: CLIP looks for it.


def clip():
    models = keras_hub.models
    return models.CLIPBackbone(
        models.CLIPVisionEncoder(16, image_shape=(SIDE, SIDE, 3), **SIZES),
        models.CLIPTextEncoder(30, 8, max_sequence_length=8, **SIZES),
        projection_dim=6,
    )


def siglip():
    models = keras_hub.models
    return models.SigLIPBackbone(
        models.SigLIPVisionEncoder(16, image_shape=(SIDE, SIDE, 3), **SIZES),
        models.SigLIPTextEncoder(30, 8, max_sequence_length=8, **SIZES),
    )


def meta_clip_2():
    models = keras_hub.models
    if not hasattr(models, "MetaCLIP2Backbone"):
        pytest.skip("needs a later KerasHub")
    return models.MetaCLIP2Backbone(
        models.MetaCLIP2VisionEncoder(16, image_shape=(SIDE, SIDE, 3), **SIZES),
        models.MetaCLIP2TextEncoder(30, 8, max_sequence_length=8, **SIZES),
        projection_dim=6,
    )


KINDS = {"clip": clip, "siglip": siglip, "metaclip-2": meta_clip_2}


@pytest.fixture(scope="module", params=KINDS)
def backbone(request):
    return randomize(KINDS[request.param]())


def test_pairs_are_told_from_other_backbones(backbone):
    assert image_text.is_pair(backbone)
    assert not image_text.is_pair(backbone.text_encoder)


def test_an_image_has_the_embedding_of_the_backbone(backbone):
    scale, offset = [2.0, 3.0, 1.0], [0.1, -0.2, 0.3]
    branch = branches.image.hub(backbone, pooled=True)
    plain = image_text.image(backbone, scale, offset)
    expected = backbone.get_vision_embeddings(255 * PIXELS)
    actual = numpy(branch(PIXELS))
    assert branch.output_shape == (None, 1, expected.shape[-1])
    np.testing.assert_allclose(actual[:, 0], numpy(expected), atol=1e-4)
    expected = backbone.get_vision_embeddings(scale * PIXELS + offset)
    actual = numpy(plain(PIXELS))[:, 0]
    np.testing.assert_allclose(actual, numpy(expected), atol=1e-4)
    assert not branch.trainable_weights


def test_its_patches_follow_the_image(backbone):
    pooled = numpy(image_text.image(backbone)(PIXELS))
    branch = image_text.image(backbone, pooled=False)
    steps = numpy(branch(PIXELS))
    assert steps.shape == (2, 1 + 4, pooled.shape[-1])
    assert branch.output_shape[1:] == steps.shape[1:]
    np.testing.assert_allclose(steps[:, :1], pooled, atol=1e-4)
    assert np.abs(np.diff(steps, axis=1)).max(axis=(0, 2)).min() > 1e-4


@pytest.mark.parametrize("offset", [0, 1])
def test_a_text_has_the_embedding_of_the_backbone(backbone, offset):
    ids = [[5, 7, END], [5, 11, 2, 9, END]]
    padding = END if hasattr(backbone, "siglip_head") else 0
    full = np.full((2, 8), padding)
    tokens = np.full((2, 6), 0 if offset else padding)
    for i, row in enumerate(ids):
        full[i, : len(row)] = row
        tokens[i, : len(row)] = np.array(row) + offset
    branch = image_text.text(backbone, padding, offset=offset)
    expected = numpy(backbone.get_text_embeddings(full))
    assert branch.output_shape == (None, 1, expected.shape[-1])
    actual = numpy(branch(tokens))[:, 0]
    np.testing.assert_allclose(actual, expected, atol=1e-4)
    assert np.abs(actual[0] - actual[1]).max() > 1e-3


def test_the_encoder_of_images_is_trained_from_a_layer_on(backbone):
    name = backbone.vision_encoder.encoder_layers[0].name
    kinds = ({"pooled": True}, {"pooled": False})
    for kind in kinds:
        whole = image_text.image(backbone, **kind)
        branch = image_text.image(backbone, trainable=name, **kind)
        np.testing.assert_allclose(
            numpy(branch(PIXELS)), numpy(whole(PIXELS)), atol=1e-4
        )
        paths = [weight.path for weight in branch.trainable_weights]
        assert paths and not any("patch_embedding" in path for path in paths)
        assert branch.get_layer("frozen").output.shape[-1] == 8
    with pytest.raises(ValueError, match="has no layer 'block'"):
        image_text.image(backbone, trainable="block")


def test_saves_and_trains(backbone):
    image = image_text.image(backbone, trainable=True)
    check_saves(image, PIXELS)
    text = image_text.text(backbone, trainable=True, offset=1)
    tokens = np.array([[6, 8, END + 1, 0], [6, 12, 3, END + 1]])
    check_saves(text, tokens)
    assert image.trainable_weights and text.trainable_weights


def test_clip_learns():
    backbone = randomize(clip())
    image = image_text.image(backbone, trainable=True)
    flat = keras.Model(image.input, keras.layers.Flatten()(image.output))
    check_trains(flat, PIXELS, but=("key/bias",), epochs=1)


def test_images_of_another_size_are_refused(backbone):
    with pytest.raises(ValueError, match="data.image_size=32"):
        branches.image.hub(backbone, shape=(64, 64, 3))


def test_texts_that_are_too_long_are_refused(backbone):
    with pytest.raises(ValueError, match="data.max_length=8"):
        branches.text.hub(backbone, max_length=9)


def test_the_scale_and_the_bias_of_logits():
    backbone = clip()
    backbone.clip_head.logit_scale.assign(4.5)
    assert image_text.scale_and_bias(backbone) == (4.5, None)
    backbone = siglip()
    backbone.siglip_head.logit_bias.assign(-12.5)
    assert image_text.scale_and_bias(backbone) == (0.0, -12.5)
