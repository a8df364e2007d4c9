"""Branches for video: images in temporal order.

Features of frames computed elsewhere go through `branches.features.gru`.
"""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.branches import image as images
from mmkeras.layers import GRU
from mmkeras.layers import AttachMask


def each_frame(image, length=16, name="video_encoder"):
    """The mean of the regions of each frame, as an image branch encodes it.

    Args:
        image: Image branch for single frames, from
            `(batch, height, width, channels)` to `(batch, regions, dim)`.
        length: int. Number of frames of a video.
        name: Name of the branch.

    Returns:
        A model from `(batch, length, height, width, channels)`, pixels in
        [0, 1], to `(batch, length, dim)`, frame by frame.
    """
    size = image.input_shape[1:]
    video = keras.Input((length, *size), name="video")
    return keras.Model(video, _encode(video, image), name=name)


def frames(
    shape=(8, 64, 64, 3), dim=128, dropout=0.2, image=None, name="video_encoder"
):
    """A bidirectional GRU over the image features of each frame.

    Args:
        shape: Tuple `(length, height, width, channels)` of one video, pixels
            in [0, 1]. An all-black frame is padding.
        dim: int, even. Size of a frame's features, half of them from each
            direction.
        dropout: float in [0, 1). Of the features of a frame.
        image: Image branch for single frames, from
            `(batch, height, width, channels)` to `(batch, regions, dim)`.
            Defaults to `branches.image.cnn`.
        name: Name of the branch.

    Returns:
        A model from `(batch, length, height, width, channels)` to
        `(batch, length, dim)`.

    Raises:
        ValueError: If `shape` is not that of a video, or `dim` is odd.
    """
    if len(shape) != 4 or shape[0] is None:
        raise ValueError(
            "`shape` must be (length, height, width, channels), a video. "
            f"Received: shape={tuple(shape)}"
        )
    arguments.check_even(dim)
    image_encoder = image or images.cnn(
        tuple(shape[1:]), dim, name="image_encoder"
    )
    video = keras.Input(shape, name="video")
    mask = ops.any(ops.not_equal(video, 0), axis=(2, 3, 4))
    x = _encode(video, image_encoder)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = AttachMask(name="padding")([x, mask])
    cell = GRU(dim // 2, return_sequences=True)
    x = keras.layers.Bidirectional(cell, name="bidirectional")(x)
    return keras.Model(video, x, name=name)


def _encode(video, image_encoder):
    """The mean of each frame's regions, `(batch, length, dim)`."""
    length, *size = video.shape[1:]
    x = image_encoder(ops.reshape(video, (-1, *size)))
    x = ops.mean(x, axis=1)
    return ops.reshape(x, (-1, length, x.shape[-1]))
