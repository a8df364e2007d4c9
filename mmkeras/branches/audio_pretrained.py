"""Audio branches with pretrained networks."""

import math
import os

import keras
import numpy as np
from keras import ops

from mmkeras.branches.presets import load_backbone
from mmkeras.branches.weights import load_weights
from mmkeras.layers import AttachMask
from mmkeras.layers import WhisperSpectrogram
from mmkeras.layers import YAMNetSpectrogram
from mmkeras.layers.num_samples import num_samples

# Filters and stride of each of YAMNet's depthwise separable convolutions.
YAMNET = (
    [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    + [(512, 1)] * 5
    + [(1024, 2), (1024, 1)]
)


def yamnet(shape=(32000,), weights=None, trainable=False, name="audio_encoder"):
    """YAMNet: MobileNet's depthwise convolutions over log-mel patches.

    Args:
        shape: Tuple `(samples,)` of one clip at 16 kHz.
        weights: File of weights with the layers `frontend`, `conv0`, `dw1`,
            `pw1`, ... `pw13`; see `load_weights`. `None` for random ones.
        trainable: bool. Whether to fine-tune the convolutions.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, patches, 1024)`; a patch
        is 0.96 s, one every 0.48 s.

    Reference:
        [Hershey et al., 2017](https://arxiv.org/abs/1609.09430); the network:
        [Howard et al., 2017](https://arxiv.org/abs/1704.04861)
    """
    samples = keras.Input(shape, name="samples")
    spectrogram = YAMNetSpectrogram(name="frontend")
    patches = spectrogram(samples)
    x = ops.reshape(patches, (-1, *patches.shape[2:], 1))
    x = _depthwise(x)
    x = ops.mean(x, axis=(1, 2))
    x = ops.reshape(x, (-1, patches.shape[1], x.shape[-1]))
    x = AttachMask(name="padding")([x, spectrogram.compute_mask(samples)])
    branch = keras.Model(samples, x, name=name)
    if weights is not None:
        load_weights(branch, weights)
    branch.trainable = trainable
    return branch


def hub(backbone, shape=(32000,), trainable=False, name="audio_encoder"):
    """The encoder of KerasHub's Whisper or Moonshine.

    Whisper was trained on windows of 30 s, shorter clips padded with silence;
    here clips are padded to `shape`, and the steps of the padding are masked
    only after the encoder, as Whisper has no mask of its own.

    Args:
        backbone: A KerasHub backbone, built, or the name, handle or local
            folder of a preset, read by `from_preset`.
        shape: Tuple `(samples,)` of one clip at 16 kHz.
        trainable: bool. Whether to fine-tune the encoder.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`; a step is
        20 ms for Whisper, 24 ms for Moonshine.

    Raises:
        ValueError: If the backbone has no audio encoder, or `shape` is too
            long for it.

    Reference:
        [Radford et al., 2022](https://arxiv.org/abs/2212.04356);
        [Jeffries et al., 2024](https://arxiv.org/abs/2410.15608)
    """
    if isinstance(backbone, (str, os.PathLike)):
        backbone = load_backbone(backbone)
    inputs = backbone.input if isinstance(backbone.input, dict) else {}
    fields = [field for field in inputs if field.startswith("encoder_")]
    samples = keras.Input(shape, name="samples")
    if fields == ["encoder_features"]:
        features, strides = _whisper(backbone, samples), (160, 2)
    elif "encoder_input_values" in fields:
        features, strides = _moonshine(samples), (64, 3, 2)
    else:
        raise ValueError(
            "`backbone` must be a KerasHub WhisperBackbone or "
            f"MoonshineBackbone. Received: {type(backbone).__name__}, which "
            f"takes {sorted(inputs) or backbone.input}"
        )
    encoder = keras.Model(
        {field: inputs[field] for field in fields},
        backbone.output["encoder_sequence_output"],
        name="encoder",
    )
    encoder.trainable = trainable
    x = encoder(features)
    starts = np.arange(x.shape[1]) * math.prod(strides)
    mask = ops.less(starts[None].astype("float32"), num_samples(samples))
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def _whisper(backbone, samples):
    """Log-mel frames for Whisper's encoder."""
    maximum = backbone.max_encoder_sequence_length
    if samples.shape[1] > maximum * 160:
        raise ValueError(
            f"The backbone takes at most {maximum * 160} samples. Received: "
            f"shape={tuple(samples.shape[1:])}"
        )
    spectrogram = WhisperSpectrogram(backbone.num_mels, name="log_mel")
    return {"encoder_features": spectrogram(samples)}


def _moonshine(samples):
    """The waveform and its mask, for Moonshine's encoder."""
    position = ops.cumsum(ops.ones_like(samples), axis=1)  # From 1.
    return {
        "encoder_input_values": ops.expand_dims(samples, -1),
        "encoder_padding_mask": ops.less_equal(position, num_samples(samples)),
    }


def _depthwise(x):
    """YAMNet's convolutions, with folded batch normalisation."""
    options = {"padding": "same", "activation": "relu"}
    x = keras.layers.Conv2D(32, 3, strides=2, name="conv0", **options)(x)
    for i, (filters, stride) in enumerate(YAMNET, 1):
        x = keras.layers.DepthwiseConv2D(
            3, strides=stride, name=f"dw{i}", **options
        )(x)
        x = keras.layers.Conv2D(filters, 1, name=f"pw{i}", **options)(x)
    return x
