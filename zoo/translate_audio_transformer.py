"""Speech to translated text: an encoder of audio, a Transformer decoder."""

import keras

from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "translate-audio-transformer",
    task="translate",
    paper="https://arxiv.org/abs/1612.01744",
    tiny={"vocabulary_size": 11, "dim": 8, "depth": 1, "heads": 2},
    recipe={
        "max_batch_size": 32,
        "min_epochs": 40,
        "learning_rate": 1e-3,
        "label_smoothing": 0.1,
        "augment": ("audio",),
    },
)
def translate_audio_transformer(
    vocabulary_size=6259,
    audio_shape=(None,),
    dim=256,
    depth=3,
    heads=4,
    dropout=0.2,
    blocks="gru",
    audio=None,
):
    """Builds a translator of speech, without a transcript in between.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
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
        A model from `"audio"`, shape `(batch, samples)`, and `"tokens"`, those
        of the translation so far, to next-token logits of shape `(batch,
        length, vocabulary_size)`.

    Reference:
        [Berard et al., 2016](https://arxiv.org/abs/1612.01744)
    """
    encoder = audio or branches.speech.encoder(
        audio_shape, 16000, dim, depth, heads, dropout, blocks=blocks
    )
    samples = layers.input_like(encoder, "audio")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = encoder(samples)
    if x.shape[-1] != dim:  # A pretrained network, of another size.
        x = branches.speech.blocks_of(x, blocks, dim, 2, heads, dropout)
    x = layers.SinePositions(name="step_positions")(x)  # GRUs have none.
    # Padding is all zero, which the decoder does not attend to.
    context = x * layers.MaskToFloat(name="step_mask")(x)
    decoder = decoders.TransformerDecoder(
        *(vocabulary_size, dim, 2, heads, dropout, 512),
        mask_zero=True,
        name="decoder",
    )
    inputs = {"audio": samples, "tokens": tokens}
    logits = decoder([tokens, context])
    return keras.Model(inputs, logits, name="translate_audio_transformer")
