"""An LSTM encoder and decoder, into which an image is injected."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register

_DECODER = {"decoder-start": "start", "target-words": "words"}
_POINTS = (
    *("encoder-start", "source-first", "source-last", "source-words"),
    *("source-sum", "source-concat", "context", "regions", *_DECODER),
)


@register(
    "translate-text-image-lstm",
    task="translate",
    paper="https://arxiv.org/abs/1707.04481",
    tiny={"vocabulary_size": 11, "image_shape": (16, 16, 3), "dim": 8},
    recipe={"min_epochs": 30, "learning_rate": 1e-3},
)
def translate_text_image_lstm(
    vocabulary_size=(6259, 6259),
    image_shape=(224, 224, 3),
    dim=256,
    dropout=0.4,
    inject="decoder-start",
    image=None,
):
    """Builds a recurrent network that translates a text about an image.

    With v, the mean of the image's regions, the image can be injected at any
    of these points, several of them joined by `+`:

    - `encoder-start`: the first states of the encoder are `tanh(W v)`;
    - `source-first`: `W v` is an extra word before the source;
    - `source-last`: the same, after the source;
    - `source-words`: `E x * (1 + tanh(W v))` for the words of the source;
    - `source-sum`: `E x + W v` for them;
    - `source-concat`: `[E x; W v]` for them;
    - `context`: `h * (1 + tanh(W v))` for the encoded source;
    - `regions`: the decoder attends to regions and words alike;
    - `decoder-start`: `tanh(W v)` is added to the decoder's first state;
    - `target-words`: `E y * (1 + tanh(W v))` for the words so far.

    Without an image, v is 0, and there are no regions.

    Departure from the paper: features are multiplied by `1 + tanh(W v)`
    instead of `tanh(W v)`, so that the image may be absent.

    Args:
        vocabulary_size: int. Number of token ids, or a pair of those of the
            source and of the translation; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int, even. Size of words, regions and states.
        dropout: float in [0, 1).
        inject: Where the image is injected, see above.
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"source"`, token ids of shape `(batch, length)`,
        `"image"`, shape `(batch, *image_shape)`, optionally `"presence"`,
        booleans of shape `(batch, 2)`, and `"tokens"`, those of the
        translation so far, to next-token logits of shape `(batch, length,
        vocabulary_size)`.

    Reference:
        [Caglayan et al., 2017](https://arxiv.org/abs/1707.04481)
    """
    arguments.check_even(dim)
    source_size, target_size = arguments.pair(vocabulary_size)
    points = arguments.check_joined("inject", inject, _POINTS)
    image = image or branches.image.cnn(image_shape, dim, name="image_encoder")
    source = keras.Input((None,), dtype="int32", name="source")
    pixels = layers.input_like(image, "image")
    presence = layers.presence_input(2)
    tokens = keras.Input((None,), dtype="int32", name="tokens")

    x = keras.layers.Embedding(source_size, dim, mask_zero=True, name="words")(
        source
    )
    present = layers.Presence(2, name="presence_mask")(x, presence=presence)
    x = layers.MissingToken(name="missing_token")([x, present[:, 0]])
    mask = layers.MaskToFloat(name="source_mask")(x)
    regions = keras.layers.Dense(dim, name="image_projection")(image(pixels))
    regions = keras.layers.Dropout(dropout, name="image_dropout")(regions)
    regions = ops.where(present[:, 1, None, None], regions, 0.0)
    image_features = ops.mean(regions, axis=1)

    def project(name, units=dim, activation="tanh"):
        dense = keras.layers.Dense(units, activation, use_bias=False, name=name)
        return dense(image_features)

    if "source-words" in points:
        x = x * (1 + project("source_scale")[:, None])
    if "source-sum" in points:
        x = x + project("source_shift", dim, None)[:, None]
    if "source-concat" in points:
        extra = project("source_concat", dim, None)[:, None]
        x = ops.concatenate([x, ops.zeros_like(x) + extra], -1)
    ends = [int(end in points) for end in ("source-first", "source-last")]
    if any(ends):
        word = [project("image_word", x.shape[-1], None)[:, None]]
        x = ops.concatenate([*word * ends[0], x, *word * ends[1]], 1)
        mask = ops.pad(mask, [(0, 0), ends, (0, 0)], constant_values=1.0)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    starts = range(4 if "encoder-start" in points else 0)
    states = [project(f"start_{i}", dim // 2) for i in starts] or None
    lstm = layers.LSTM(dim // 2, return_sequences=True, name="lstm")
    encoder = keras.layers.Bidirectional(lstm, name="encoder")
    x = encoder(x, initial_state=states, mask=mask[..., 0] > 0)
    if "context" in points:
        x = x * (1 + project("context_scale")[:, None])
    context = x * mask  # The decoder does not attend to what is all zero.
    if "regions" in points:
        context = ops.concatenate([context, regions], axis=1)
    places = "+".join(_DECODER[x] for x in points if x in _DECODER)
    if places:
        context = ops.concatenate([image_features[:, None], context], axis=1)
    options = {"mask_zero": True, "inject": places, "name": "decoder"}
    decoder = decoders.AttentionDecoder(target_size, dim, dropout, **options)
    inputs = {x.name: x for x in (source, pixels, presence, tokens)}
    outputs, name = decoder([tokens, context]), "translate_text_image_lstm"
    return layers.MultimodalModel(inputs, outputs, name=name)
