"""Speech to text: an encoder of audio, a Transformer decoder, and CTC."""

import keras

from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "transcribe-audio-transformer",
    task="transcribe",
    paper="https://doi.org/10.1109/JSTSP.2017.2763455",
    tiny={"vocabulary_size": 11, "dim": 8, "depth": 1, "heads": 2},
    recipe={"label_smoothing": 0.1, "loss_weights": {"text": 0.7, "ctc": 0.3}},
)
def transcribe_audio_transformer(
    vocabulary_size=64,
    audio_shape=(None,),
    dim=256,
    depth=3,
    heads=4,
    dropout=0.2,
    blocks="gru",
    audio=None,
):
    """Builds a recogniser of speech with a decoder, trained with CTC as well.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding, and blank.
        audio_shape: Tuple `(samples,)` of clips at 16 kHz, in [-1, 1];
            `(None,)` for any length.
        dim: int. Size of a step of 40 ms, and of the decoder.
        depth: int. Number of blocks of the encoder; the decoder has two.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        blocks: `"gru"`, bidirectional, `"conformer"` or `"transformer"`, of
            the encoder; two of them also follow `audio` of another size.
        audio: Audio branch. Defaults to `branches.speech.encoder`.

    Returns:
        A model from `"audio"`, shape `(batch, samples)`, and `"tokens"`, shape
        `(batch, length)`, to a dict of `"text"`, next-token logits of shape
        `(batch, length, vocabulary_size)`, and `"ctc"`, logits of shape
        `(batch, steps, vocabulary_size)`, blank where a step is padding.

    Reference:
        [Watanabe et al., 2017](https://doi.org/10.1109/JSTSP.2017.2763455)
    """
    encoder = audio or branches.speech.encoder(
        audio_shape, 16000, dim, depth, heads, dropout, blocks=blocks
    )
    samples = layers.input_like(encoder, "audio")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = encoder(samples)
    if x.shape[-1] != dim:  # A pretrained network, of another size.
        x = branches.speech.blocks_of(x, blocks, dim, 2, heads, dropout)
    logits = keras.layers.Dense(
        vocabulary_size, dtype="float32", name="logits"
    )(x)
    ctc = layers.BlankPadding(name="padding_blank")(logits)
    x = layers.SinePositions(name="step_positions")(x)  # GRUs have none.
    # Padding is all zero, which the decoder does not attend to.
    context = x * layers.MaskToFloat(name="step_mask")(x)
    decoder = decoders.TransformerDecoder(
        *(vocabulary_size, dim, 2, heads, dropout, 512),
        mask_zero=True,
        name="decoder",
    )
    return keras.Model(
        {"audio": samples, "tokens": tokens},
        {"text": decoder([tokens, context]), "ctc": ctc},
        name="transcribe_audio_transformer",
    )
