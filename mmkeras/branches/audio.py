"""Branches that listen.

All take sound as samples in [-1, 1], one channel, of a fixed length: zeros at
the end are padding. They return one step a stretch of time, with a mask.
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
from mmkeras.layers.sound import sound_length

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
    hide=0.0,
    name="audio_encoder",
):
    """Convolutions over a log-mel spectrogram, trained from scratch.

    Args:
        shape: Tuple `(samples,)` of one sound.
        rate: int. Samples a second, in Hz.
        dim: int. Size of a step's features.
        depth: int. Number of convolutions; each halves time and pitch.
        mels: int. Bins of the spectrogram, at least `2 ** depth`.
        dropout: float in [0, 1). Of whole channels, before the last step.
        hide: float in [0, 1]. Longest stretch of time, and widest band of
            pitch, hidden in training, in parts; see `layers.SpecAugment`.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`; a step is
        `2 ** depth` frames of 10 ms.
    """
    samples = keras.Input(shape, name="samples")
    spectrogram = LogMel(rate, mels, name="log_mel")
    x = ops.expand_dims(_hidden(spectrogram(samples), hide), axis=-1)
    mask = spectrogram.compute_mask(samples)
    for i in range(depth):
        last = i == depth - 1
        filters = dim if last else max(dim // 2 ** (depth - 1 - i), 8)
        x = _halved(x, i, filters, keras.layers.Conv2D)
        mask = mask[:, ::2]
        x = x * ops.cast(mask[:, :, None, None], x.dtype)
    x = keras.layers.SpatialDropout2D(dropout, name="dropout")(x)
    x = ops.reshape(x, (-1, x.shape[1], x.shape[2] * dim))
    x = keras.layers.Dense(dim, "relu", name="pitches")(x)
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def gru(
    shape=(32000,),
    rate=16000,
    dim=128,
    mels=64,
    dropout=0.1,
    hide=0.0,
    name="audio_encoder",
):
    """A bidirectional GRU over a log-mel spectrogram.

    Two convolutions over time come first, so that a step is 40 ms.

    Args:
        shape: Tuple `(samples,)` of one sound.
        rate: int. Samples a second, in Hz.
        dim: int, even. Size of a step's features, half of them from each
            direction.
        mels: int. Bins of the spectrogram.
        dropout: float in [0, 1).
        hide: As of `cnn`.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`.

    Raises:
        ValueError: If `dim` is odd.
    """
    arguments.check_even(dim)
    samples, x, mask = _steps(shape, rate, dim, mels, dropout, hide)
    x = AttachMask(name="padding")([x, mask])
    cell = GRU(dim // 2, return_sequences=True)
    x = keras.layers.Bidirectional(cell, name="listen")(x)
    return keras.Model(samples, x, name=name)


def transformer(
    shape=(32000,),
    rate=16000,
    dim=128,
    depth=2,
    heads=4,
    mels=64,
    dropout=0.1,
    hide=0.0,
    name="audio_encoder",
):
    """A Transformer encoder over a log-mel spectrogram.

    Two convolutions over time come first, so that a step is 40 ms.

    Args:
        shape: Tuple `(samples,)` of one sound.
        rate: int. Samples a second, in Hz.
        dim: int. Size of a step's features.
        depth: int. Number of Transformer blocks.
        heads: int. Attention heads; divides `dim`.
        mels: int. Bins of the spectrogram.
        dropout: float in [0, 1).
        hide: As of `cnn`.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`.

    Raises:
        ValueError: If `heads` does not divide `dim`.
    """
    import keras_hub  # Late: it takes half a second.

    arguments.check_heads(dim, heads)
    samples, x, mask = _steps(shape, rate, dim, mels, dropout, hide)
    places = keras_hub.layers.PositionEmbedding(x.shape[1], name="places")
    x = AttachMask(name="padding")([x + places(x), mask])
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
    together=1,
    name="audio_encoder",
):
    """Log-mel frames or MFCCs as they are, for a model that has its own way.

    Args:
        shape: Tuple `(samples,)` of one sound.
        rate: int. Samples a second, in Hz.
        mels: int. Bins of the spectrogram.
        coefficients: int. How many MFCCs to give instead; 0 for none.
        normalize: bool. Whether to bring each bin to mean 0 and variance 1
            over a sound.
        together: int. Frames side by side in one step.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, together * (mels
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
    if together > 1:
        rest = -x.shape[1] % together
        x = ops.pad(x, [(0, 0), (0, rest), (0, 0)])
        steps = x.shape[1] // together
        x = ops.reshape(x, (-1, steps, together * x.shape[2]))
        mask = mask[:, ::together]
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def wave_cnn(shape=(32000,), dim=128, depth=3, name="audio_encoder"):
    """Convolutions over the wave itself, trained from scratch.

    Args:
        shape: Tuple `(samples,)` of one sound.
        dim: int. Size of a step's features.
        depth: int. Number of convolutions after the first, which sees 80
            samples every 4; each is followed by pooling over 4 steps.
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
    mask = ops.less(starts[None].astype("float32"), sound_length(samples))
    x = AttachMask(name="padding")([x, mask])
    return keras.Model(samples, x, name=name)


def _steps(shape, rate, dim, mels, dropout, hide):
    """Computes log-mel frames, four per step, and the mask of the steps."""
    samples = keras.Input(shape, name="samples")
    spectrogram = LogMel(rate, mels, name="log_mel")
    x, mask = (
        _hidden(spectrogram(samples), hide),
        spectrogram.compute_mask(samples),
    )
    for i in range(2):
        x = _halved(x, i, dim, keras.layers.Conv1D)
        mask = mask[:, ::2]
        x = x * ops.cast(mask[:, :, None], x.dtype)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    return samples, x, mask


def _hidden(frames, hide):
    if not hide:
        return frames
    width = round(hide * frames.shape[-1])
    return SpecAugment(width=width, length=hide, name="hide")(frames)


def _halved(x, number, filters, kind):
    """A convolution of stride 2, step t in the middle of frame 2 t.

    With "same" padding the place would depend on how long the input is.
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
