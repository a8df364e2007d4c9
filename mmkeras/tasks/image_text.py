"""Retrieval by a pretrained CLIP or SigLIP, without training."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.branches import image_text
from mmkeras.branches import presets
from mmkeras.branches import token_ids
from mmkeras.data import codecs
from mmkeras.tasks.retrieve import PAIR
from mmkeras.tasks.retrieve import PAIRS
from mmkeras.tasks.retrieve import Retrieve


def of_backbone(backbone, preset):
    """Makes a retrieval task of a CLIP, SigLIP or MetaCLIP 2.

    The size, resizing and scale of images, the tokenizer and its maximum
    length, and the scale and bias of the logits are those of the preset.

    Args:
        backbone: A backbone of KerasHub that is a pair, see
            `branches.image_text.is_pair`.
        preset: Its preset: a name of KerasHub, a handle, or the folder of a
            preset or, for CLIP, of a model of Hugging Face.

    Returns:
        A `Retrieve` of images and texts.

    Raises:
        ModuleNotFoundError: If a package that reads it is not installed.
    """
    converter = presets.load_image_converter(preset)
    words = codecs.of_preset(preset, token_ids.max_length(backbone))
    scale, offset = branches.image.pixel_scale(converter)
    encoders = {
        "image": image_text.image(
            backbone, scale, offset, name="image_encoder"
        ),
        "text": image_text.text(
            backbone, words.network_padding, offset=words.network_offset
        ),
    }
    size = encoders["image"].input_shape[1:3]
    return Retrieve(
        _model(encoders, *image_text.scale_and_bias(backbone)),
        {
            "image": codecs.Image.from_converter(converter, size),
            "text": words,
            PAIR: codecs.Groups(),
        },
    )


def _model(encoders, log_scale, bias):
    """A model from an image and a text to the pair of their embeddings."""
    inputs = {
        field: layers.input_like(encoder, field)
        for field, encoder in encoders.items()
    }
    embeddings = [
        keras.layers.Flatten(name=f"{field}_embedding")(encoder(inputs[field]))
        for field, encoder in encoders.items()
    ]
    loss = "contrastive" if bias is None else "sigmoid"
    pairs = layers.EmbeddingPairs(loss, name=PAIRS)
    outputs = pairs(embeddings)
    values = {"log_scale": log_scale, "bias": bias}
    for weight in pairs.weights:  # The scale may be above that of training.
        weight.assign(values[weight.name])
    return keras.Model(inputs, outputs, name="retrieve_image_text")
