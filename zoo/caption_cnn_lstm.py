"""Show and Tell: a convolutional encoder starts a recurrent decoder."""

import keras

from mmkeras import branches
from mmkeras import decoders
from mmkeras.registry import register


@register(
    "caption-cnn-lstm",
    task="caption",
    paper="https://arxiv.org/abs/1411.4555",
    tiny={"vocabulary_size": 11, "image_shape": (16, 16, 3), "dim": 8},
    recipe={
        "learning_rate": 2e-3,
        "ema": 0.998,
        "views": ("plain", "mirror", "crop-0", "crop-1", "crop-2", "crop-3"),
        "pool_image": True,
        "model": {"dim": 512, "dropout": 0.4},
    },
)
def caption_cnn_lstm(
    vocabulary_size=5000,
    image_shape=(224, 224, 3),
    dim=512,
    dropout=0.5,
    inject="init",
    image=None,
):
    """Builds an image captioner that encodes the image as one vector.

    The mean image feature is the initial state of an LSTM that predicts each
    word given the previous words.

    Departure from the paper: there the image is the first word; here it sets
    the initial state, and with `inject="par"` is also an input at every step.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of words, regions and LSTM state.
        dropout: float in [0, 1).
        inject: `"init"` or `"par"`; see `decoders.RecurrentDecoder`.
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"tokens"`,
        shape `(batch, length)`, to next-word logits of shape
        `(batch, length, vocabulary_size)`.

    Reference:
        [Vinyals et al., 2015](https://arxiv.org/abs/1411.4555)
    """
    encoder = image or branches.image.cnn(image_shape, dim, name="encoder")
    pixels = keras.Input(encoder.input_shape[1:], name="image")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    decoder = decoders.RecurrentDecoder(
        vocabulary_size, dim, dropout, inject, name="decoder"
    )
    logits = decoder([tokens, encoder(pixels)])
    inputs = {"image": pixels, "tokens": tokens}
    return keras.Model(inputs, logits, name="caption_cnn_lstm")
