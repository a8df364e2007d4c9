"""Branches that encode speech of any length, one step per 40 ms."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.layers import GRU
from mmkeras.layers import AttachMask
from mmkeras.layers import ConformerBlock
from mmkeras.layers import LogMel
from mmkeras.layers import SinePositions
from mmkeras.layers import SpecAugment

BLOCKS = ("conformer", "transformer", "gru")


def encoder(
    shape=(None,),
    rate=16000,
    dim=144,
    depth=4,
    heads=4,
    dropout=0.1,
    mask_fraction=0.15,
    blocks="conformer",
    name="audio_encoder",
):
    """Encodes log-mel frames, normalised per clip, of clips of any length.

    Two convolutions over time, each of stride 2, make steps of 40 ms of
    frames of 10 ms; `depth` blocks follow.

    Args:
        shape: Tuple `(samples,)` of one clip; `(None,)` for any length.
        rate: int. Sample rate in Hz.
        dim: int, even. Size of a step's features.
        depth: int. Number of blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        mask_fraction: float in [0, 1]. Maximum fraction of frequencies in
            each of two masks, and a third of it that of time, in training;
            see `layers.SpecAugment`.
        blocks: `"conformer"`, `"transformer"`, or `"gru"`, bidirectional.
        name: Name of the branch.

    Returns:
        A model from `(batch, samples)` to `(batch, steps, dim)`.

    Raises:
        ValueError: If `heads` does not divide `dim`, `dim` is odd, or there
            are no such blocks.
    """
    samples = keras.Input(shape, name="samples")
    spectrogram = LogMel(rate, 80, name="log_mel")
    x, mask = spectrogram(samples), spectrogram.compute_mask(samples)
    if mask_fraction:
        x = SpecAugment(
            2,
            round(mask_fraction * 80),
            2,
            mask_fraction / 3,
            name="spec_augment",
        )(x)
    for i in range(2):
        x = ops.pad(x, [(0, 0), (1, 1), (0, 0)])  # Step t on frame 2 t.
        x = keras.layers.Conv1D(dim, 3, 2, name=f"conv_{i}")(x)
        x = keras.layers.LayerNormalization(name=f"norm_{i}")(x)
        x = keras.layers.Activation("relu", name=f"relu_{i}")(x)
        mask = mask[:, ::2]
        x = x * ops.cast(mask[:, :, None], x.dtype)
    x = AttachMask(name="padding")([x, mask])
    x = blocks_of(x, blocks, dim, depth, heads, dropout)
    return keras.Model(samples, x, name=name)


def blocks_of(x, blocks, dim, depth, heads, dropout):
    """Adds blocks to a sequence of steps.

    Args:
        x: Tensor of shape `(batch, steps, size)`, with a mask.
        blocks: As of `encoder`.
        dim: As of `encoder`; another size is projected to it.
        depth: As of `encoder`.
        heads: As of `encoder`.
        dropout: As of `encoder`.

    Returns:
        Tensor of shape `(batch, steps, dim)`, with the same mask.
    """
    if blocks not in BLOCKS:
        raise ValueError(
            f"`blocks` must be one of {', '.join(BLOCKS)}. Received: "
            f"blocks={blocks!r}"
        )
    arguments.check_even(dim)
    if x.shape[-1] != dim:
        x = keras.layers.Dense(dim, name="projection")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    if blocks == "gru":
        return _gru(x, dim, depth, dropout)
    import keras_hub  # Late: it takes half a second.

    x = SinePositions(name="positions")(x)
    for i in range(depth):
        if blocks == "conformer":
            block = ConformerBlock(
                dim, heads, dropout=dropout, name=f"block_{i}"
            )
        else:
            block = keras_hub.layers.TransformerEncoder(
                4 * dim,
                heads,
                dropout,
                "gelu",
                normalize_first=True,
                name=f"block_{i}",
            )
        x = block(x)
    return keras.layers.LayerNormalization(name="norm")(x)


def _gru(x, dim, depth, dropout):
    for i in range(depth):
        cell = GRU(dim // 2, return_sequences=True)
        x = keras.layers.Bidirectional(cell, name=f"block_{i}")(x)
        x = keras.layers.Dropout(dropout, name=f"dropout_{i}")(x)
    return x
