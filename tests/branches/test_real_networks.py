"""Published networks, loaded as users load them, beside KerasHub itself."""

import pathlib

import keras
import keras_hub
import numpy as np
import pytest
from checks import numpy
from checks import only_tensorflow

from mmkeras import branches
from mmkeras.data import codecs

pytestmark = [pytest.mark.slow, pytest.mark.realdata, only_tensorflow]


@pytest.mark.parametrize(
    "name, side", [("efficientnet_lite0", 224), ("efficientnet_lite2", 260)]
)
def test_efficientnet(pretrained, name, side):
    folder = pretrained(name)
    assert branches.image.preset_size(folder) == side
    branch = branches.image.hub(folder, shape=(side, side, 3))
    pixels = np.random.default_rng(0).integers(0, 256, (2, side, side, 3))
    pixels = pixels.astype("float32")
    converter = keras_hub.layers.ImageConverter.from_preset(folder)
    backbone = keras_hub.models.Backbone.from_preset(folder)
    expected = numpy(backbone(converter(pixels)))
    actual = numpy(branch(pixels / 255)).reshape(expected.shape)
    np.testing.assert_allclose(actual, expected, atol=2e-4)


def test_whisper(pretrained):
    folder = pretrained("whisper_tiny_en")
    branch = branches.audio.hub(folder, (480000,))
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, (1, 480000)).astype("float32")
    converter = keras_hub.layers.AudioConverter.from_preset(folder)
    backbone = keras_hub.models.Backbone.from_preset(folder)
    encoder = keras.Model(
        backbone.input["encoder_features"],
        backbone.output["encoder_sequence_output"],
    )
    expected = numpy(encoder(converter(samples)))
    actual = numpy(branch(samples))
    np.testing.assert_allclose(actual, expected, atol=1e-3)


def test_minilm(pretrained):
    folder = pretrained("minilm")
    tokenizers = pytest.importorskip("tokenizers")
    file = str(pathlib.Path(folder, "tokenizer.json"))
    reference = tokenizers.Tokenizer.from_file(file)
    reference.enable_truncation(16)
    reference.enable_padding(length=16)
    texts = ["A dog runs on grass.", "unbelievably!", "", "déjà vu 2024"]
    codec = codecs.of_preset(folder, 16)
    ids = numpy(codec(texts))
    expected = [reference.encode(text).ids for text in texts]
    np.testing.assert_array_equal(ids[[0, 1, 3]], np.array(expected)[[0, 1, 3]])
    backbone = keras_hub.models.Backbone.from_preset(folder)
    mask = (ids > 0).astype("int32")
    inputs = {
        "token_ids": ids,
        "segment_ids": np.zeros_like(ids),
        "padding_mask": mask,
    }
    states = numpy(backbone(inputs)["sequence_output"])
    branch = numpy(branches.text.hub(folder)(ids))
    rows = mask[..., None] > 0
    np.testing.assert_allclose(branch * rows, states * rows, atol=1e-4)
