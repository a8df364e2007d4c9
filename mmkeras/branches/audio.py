"""Branches that encode audio.

All take samples in [-1, 1], one channel, of a fixed length; trailing zeros
are padding. They return one step per time interval, with a mask.
"""

import keras
import numpy as np
from keras import ops

from mmkeras import arguments
from mmkeras.branches.audio_pretrained import hub
from mmkeras.branches.audio_pretrained import yamnet
from mmkeras.layers import GRU
from mmkeras.layers import AttachMask
from mmkeras.layers import LogMel
from mmkeras.layers import SpecAugment
from mmkeras.layers.num_samples import num_samples

__all__ = [
    "cnn",
    "frames",
    "gru",
    "hub",
    "transformer",
    "wave_cnn",
    "yamnet",
]


def cnn(
    shape=(32000,),
    rate=16000,
    dim=128,
    depth=3,
    mels=64,
    dropout=0.1,
    mask_fraction=0.0,
    name="audio_encoder",
):
    """Convolutions over a log-mel spectrogram, trained from scratch.

    Args:
        shape: Tuple `(samples,)` of one clip.
        rate: int. Sample rate in Hz.
        dim: int. Size of a step's features.
        depth: int. Number of convolutions; each halves time and frequency.
        mels: int. Bins of the spectrogram, at least `2 ** depth`.
        dropout: float in [0, 1). Of whole channels, before the last step.
        mask_fraction: float in [0, 1]. Maximum fraction of time, and of
            frequency, masked in training; see `layers.SpecAugment`.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`; a step is
        `2 ** depth` frames of 10 ms.
    """
    samples = keras.Input(shape, name="samples")
    spectrogram = LogMel(rate, mels, name="log_mel")
    x = _augmented(spectrogram(samples), mask_fraction)
    x = ops.expand_dims(x, axis=-1)
    mask = spectrogram.compute_mask(samples)
    for i in range(depth):
        last = i == depth - 1
        filters = dim if last else max(dim // 2 ** (depth - 1 - i), 8)
        x = _halved(x, i, filters, keras.layers.Conv2D)
        mask = mask[:, ::2]
        x = x * ops.cast(mask[:, :, None, None], x.dtype)
    x = keras.layers.SpatialDropout2D(dropout, name="dropout")(x)
    x = ops.reshape(x, (-1, x.shape[1], x.shape[2] * dim))
    x = keras.layers.Dense(dim, "relu", name="frequencies")(x)
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def gru(
    shape=(32000,),
    rate=16000,
    dim=128,
    mels=64,
    dropout=0.1,
    mask_fraction=0.0,
    name="audio_encoder",
):
    """A bidirectional GRU over a log-mel spectrogram.

    Two convolutions over time come first, so a step is 40 ms.

    Args:
        shape: Tuple `(samples,)` of one clip.
        rate: int. Sample rate in Hz.
        dim: int, even. Size of a step's features, half of them from each
            direction.
        mels: int. Bins of the spectrogram.
        dropout: float in [0, 1).
        mask_fraction: See `cnn`.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`.

    Raises:
        ValueError: If `dim` is odd.
    """
    arguments.check_even(dim)
    samples, x, mask = _steps(shape, rate, dim, mels, dropout, mask_fraction)
    x = AttachMask(name="padding")([x, mask])
    cell = GRU(dim // 2, return_sequences=True)
    x = keras.layers.Bidirectional(cell, name="bidirectional")(x)
    return keras.Model(samples, x, name=name)


def transformer(
    shape=(32000,),
    rate=16000,
    dim=128,
    depth=2,
    heads=4,
    mels=64,
    dropout=0.1,
    mask_fraction=0.0,
    name="audio_encoder",
):
    """A Transformer encoder over a log-mel spectrogram.

    Two convolutions over time come first, so a step is 40 ms.

    Args:
        shape: Tuple `(samples,)` of one clip.
        rate: int. Sample rate in Hz.
        dim: int. Size of a step's features.
        depth: int. Number of Transformer blocks.
        heads: int. Attention heads; divides `dim`.
        mels: int. Bins of the spectrogram.
        dropout: float in [0, 1).
        mask_fraction: See `cnn`.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`.

    Raises:
        ValueError: If `heads` does not divide `dim`.
    """
    import keras_hub  # Late: it takes half a second.

    arguments.check_heads(dim, heads)
    samples, x, mask = _steps(shape, rate, dim, mels, dropout, mask_fraction)
    positions = keras_hub.layers.PositionEmbedding(x.shape[1], name="positions")
    x = AttachMask(name="padding")([x + positions(x), mask])
    for i in range(depth):
        x = keras_hub.layers.TransformerEncoder(
            4 * dim,
            heads,
            dropout,
            "gelu",
            normalize_first=True,
            name=f"block_{i}",
        )(x)
    x = keras.layers.LayerNormalization(name="norm")(x)
    return keras.Model(samples, x, name=name)


def frames(
    shape=(32000,),
    rate=16000,
    mels=64,
    coefficients=0,
    normalize=True,
    stack=1,
    name="audio_encoder",
):
    """Log-mel frames or MFCCs, without an encoder.

    Args:
        shape: Tuple `(samples,)` of one clip.
        rate: int. Sample rate in Hz.
        mels: int. Bins of the spectrogram.
        coefficients: int. Number of MFCCs to return instead; 0 for none.
        normalize: bool. Whether to normalize each bin to mean 0 and variance
            1 over a clip.
        stack: int. Number of frames concatenated into one step.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, stack * (mels
        or coefficients))`; a frame is 10 ms.
    """
    samples = keras.Input(shape, name="samples")
    spectrogram = LogMel(
        rate,
        mels,
        coefficients=coefficients,
        normalize=normalize,
        name="log_mel",
    )
    x, mask = spectrogram(samples), spectrogram.compute_mask(samples)
    if stack > 1:
        padding = -x.shape[1] % stack
        x = ops.pad(x, [(0, 0), (0, padding), (0, 0)])
        steps = x.shape[1] // stack
        x = ops.reshape(x, (-1, steps, stack * x.shape[2]))
        mask = mask[:, ::stack]
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def wave_cnn(shape=(32000,), dim=128, depth=3, name="audio_encoder"):
    """Convolutions over the waveform, trained from scratch.

    Args:
        shape: Tuple `(samples,)` of one clip.
        dim: int. Size of a step's features.
        depth: int. Number of convolutions after the first, which has 80
            samples and stride 4; each is followed by pooling over 4 steps.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`; a step is
        `4 ** (depth + 2)` samples.

    Reference:
        [Dai et al., 2017](https://arxiv.org/abs/1610.00087)
    """
    samples = keras.Input(shape, name="samples")
    x = keras.layers.Reshape((-1, 1), name="channel")(samples)
    for i in range(depth + 1):
        filters = dim if i == depth else max(dim // 2 ** (depth - i), 8)
        size, stride = (3, 1) if i else (80, 4)
        x = _convolved(x, i, filters, keras.layers.Conv1D, size, stride)
        x = keras.layers.MaxPooling1D(4, padding="same", name=f"pool_{i}")(x)
    starts = np.arange(x.shape[1]) * 4 ** (depth + 2)
    mask = ops.less(starts[None].astype("float32"), num_samples(samples))
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def _steps(shape, rate, dim, mels, dropout, mask_fraction):
    """Computes log-mel frames, four per step, and the mask of the steps."""
    samples = keras.Input(shape, name="samples")
    spectrogram = LogMel(rate, mels, name="log_mel")
    x, mask = (
        _augmented(spectrogram(samples), mask_fraction),
        spectrogram.compute_mask(samples),
    )
    for i in range(2):
        x = _halved(x, i, dim, keras.layers.Conv1D)
        mask = mask[:, ::2]
        x = x * ops.cast(mask[:, :, None], x.dtype)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    return samples, x, mask


def _augmented(frames, mask_fraction):
    if not mask_fraction:
        return frames
    return SpecAugment(
        freq_width=round(mask_fraction * frames.shape[-1]),
        time_fraction=mask_fraction,
        name="spec_augment",
    )(frames)


def _halved(x, number, filters, kind):
    """A convolution of stride 2, step t centred on frame 2 t.

    With "same" padding the centre would depend on the length of the input.
    """
    axes = len(x.shape) - 2
    x = ops.pad(x, [(0, 0), *[(1, 1)] * axes, (0, 0)])
    return _convolved(x, number, filters, kind, 3, 2, "valid")


def _convolved(x, number, filters, kind, size, strides, padding="same"):
    """Convolution, batch normalisation and ReLU."""
    x = kind(
        filters,
        size,
        strides=strides,
        padding=padding,
        use_bias=False,
        name=f"conv_{number}",
    )(x)
    x = keras.layers.BatchNormalization(name=f"norm_{number}")(x)
    return keras.layers.Activation("relu", name=f"relu_{number}")(x)
