"""Show, Attend and Tell: attention over regions before each word."""

import keras

from mmkeras import branches
from mmkeras import decoders
from mmkeras.registry import register


@register(
    "caption-cnn-attention-lstm",
    task="caption",
    paper="https://arxiv.org/abs/1502.03044",
    tiny={"vocabulary_size": 11, "image_shape": (16, 16, 3), "dim": 8},
    recipe={
        "min_epochs": 8,
        "max_batch_size": 96,
        "weight_decay": 0.02,
        "ema": 0.998,
        "views": ("plain", "mirror", "crop-0", "crop-1", "crop-2", "crop-3"),
        "model": {"dim": 384, "dropout": 0.5},
    },
)
def caption_cnn_attention_lstm(
    vocabulary_size=5000,
    image_shape=(224, 224, 3),
    dim=512,
    dropout=0.5,
    image=None,
):
    """Builds an image captioner with soft attention over image regions.

    Before each word the decoder weights the regions by its state; an LSTM takes
    their weighted mean and the previous word.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of words, regions and LSTM state.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"tokens"`,
        shape `(batch, length)`, to next-word logits of shape
        `(batch, length, vocabulary_size)`.

    Reference:
        [Xu et al., 2015](https://arxiv.org/abs/1502.03044)
    """
    encoder = image or branches.image.cnn(image_shape, dim, name="encoder")
    pixels = keras.Input(encoder.input_shape[1:], name="image")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    decoder = decoders.AttentionDecoder(
        vocabulary_size, dim, dropout, name="decoder"
    )
    logits = decoder([tokens, encoder(pixels)])
    inputs = {"image": pixels, "tokens": tokens}
    return keras.Model(inputs, logits, name="caption_cnn_attention_lstm")
