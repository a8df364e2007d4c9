"""A convolutional network on each frame, and a GRU over the frames."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-video-cnn",
    task="classify",
    paper="https://arxiv.org/abs/1411.4389",
    tiny={"num_classes": 3, "video_shape": (3, 16, 16, 3), "dim": 8},
)
def classify_video_cnn(
    num_classes=2, video_shape=(16, 64, 64, 3), dim=128, dropout=0.3, video=None
):
    """Builds a classifier of videos: frames one by one, then their order.

    Departure from the paper: a bidirectional GRU takes the place of the LSTM,
    and the mean of its steps that of the mean of their predictions.

    Args:
        num_classes: int. Number of classes, or of labels.
        video_shape: Tuple `(length, height, width, channels)`, pixels in
            [0, 1].
        dim: int, even. Size of the features of a frame in its context, and of
            the hidden layer.
        dropout: float in [0, 1).
        video: Branch that encodes each frame. Defaults to
            `branches.image.cnn_flat` on each.

    Returns:
        A model from `"video"`, shape `(batch, *video_shape)`, to logits of
        shape `(batch, num_classes)`.

    Raises:
        ValueError: If `dim` is odd.

    Reference:
        [Donahue et al., 2015](https://arxiv.org/abs/1411.4389)
    """
    arguments.check_even(dim)
    length, *size = video_shape
    video_encoder = video or branches.video.each_frame(
        branches.image.cnn_flat(tuple(size), -(-dim // 4)), length
    )
    pixels = layers.input_like(video_encoder, "video")
    x = keras.layers.LayerNormalization(name="norm")(video_encoder(pixels))
    x = keras.layers.Dropout(dropout, name="frame_dropout")(x)
    cell = layers.GRU(dim // 2, return_sequences=True)
    x = keras.layers.Bidirectional(cell, name="frames")(x)
    x = layers.MaskedPool(name="video_features")(x)
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"video": pixels}, logits, name="classify_video_cnn")
