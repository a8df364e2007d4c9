"""Speech to text: an encoder of audio, and CTC."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "transcribe-audio-ctc",
    task="transcribe",
    paper="https://doi.org/10.1145/1143844.1143891",
    tiny={"vocabulary_size": 11, "dim": 8, "depth": 1, "heads": 2},
)
def transcribe_audio_ctc(
    vocabulary_size=64,
    audio_shape=(None,),
    dim=256,
    depth=3,
    heads=4,
    dropout=0.2,
    blocks="gru",
    audio=None,
):
    """Builds a recogniser of speech that emits an id, or blank, per step.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is blank.
        audio_shape: Tuple `(samples,)` of clips at 16 kHz, in [-1, 1];
            `(None,)` for any length.
        dim: int. Size of a step of 40 ms.
        depth: int. Number of blocks; of two if `audio` is given and its steps
            have another size.
        heads: int. Attention heads of the blocks; divides `dim`.
        dropout: float in [0, 1).
        blocks: `"gru"`, bidirectional, `"conformer"` or `"transformer"`.
        audio: Audio branch. Defaults to `branches.speech.encoder`.

    Returns:
        A model from `"audio"`, shape `(batch, samples)`, to logits of shape
        `(batch, steps, vocabulary_size)`, blank where a step is padding.

    Reference:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """
    encoder = audio or branches.speech.encoder(
        audio_shape, 16000, dim, depth, heads, dropout, blocks=blocks
    )
    samples = layers.input_like(encoder, "audio")
    x = encoder(samples)
    if x.shape[-1] != dim:  # A pretrained network, of another size.
        x = branches.speech.blocks_of(x, blocks, dim, 2, heads, dropout)
    x = keras.layers.Dropout(dropout, name="features")(x)
    logits = keras.layers.Dense(
        vocabulary_size, dtype="float32", name="logits"
    )(x)
    logits = layers.BlankPadding(name="padding_blank")(logits)
    return keras.Model({"audio": samples}, logits, name="transcribe_audio_ctc")
