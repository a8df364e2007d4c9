"""Translation of a text and its recording, of which one may be missing."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "translate-text-audio-transformer",
    task="translate",
    paper="https://arxiv.org/abs/1612.01744",
    tiny={"vocabulary_size": 11, "dim": 8, "depth": 1, "heads": 2},
    recipe={
        "max_batch_size": 32,
        "min_epochs": 40,
        "learning_rate": 1e-3,
        "label_smoothing": 0.1,
        "augment": ("audio",),
        "modality_dropout": 0.3,
    },
)
def translate_text_audio_transformer(
    vocabulary_size=(6259, 6259),
    audio_shape=(None,),
    dim=256,
    depth=3,
    heads=4,
    dropout=0.2,
    blocks="gru",
    audio=None,
):
    """Builds a translator of a transcript, of speech, or of both.

    The decoder attends to the words and to the steps of the audio alike.

    Args:
        vocabulary_size: int. Number of token ids, or a pair of those of the
            source and of the translation; id 0 is padding.
        audio_shape: Tuple `(samples,)` of clips at 16 kHz, in [-1, 1];
            `(None,)` for any length.
        dim: int. Size of words, of steps of 40 ms, and of the decoder.
        depth: int. Number of blocks of each encoder; the decoder has two.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        blocks: `"gru"`, bidirectional, `"conformer"` or `"transformer"`, of
            the audio encoder; two of them also follow `audio` of another size.
        audio: Audio branch. Defaults to `branches.speech.encoder`.

    Returns:
        A model from `"source"`, token ids of shape `(batch, length)`,
        `"audio"`, shape `(batch, samples)`, optionally `"presence"`, booleans
        of shape `(batch, 2)`, and `"tokens"`, those of the translation so far,
        to next-token logits of shape `(batch, length, vocabulary_size)`.

    Reference:
        [Berard et al., 2016](https://arxiv.org/abs/1612.01744), with both
        encoders.
    """
    source_size, target_size = arguments.pair(vocabulary_size)
    text_encoder = branches.text.transformer(
        source_size, dim, 512, depth, heads, dropout, name="text_encoder"
    )
    audio_encoder = audio or branches.speech.encoder(
        audio_shape, 16000, dim, depth, heads, dropout, blocks=blocks
    )
    source = keras.Input((None,), dtype="int32", name="source")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(2)
    tokens = keras.Input((None,), dtype="int32", name="tokens")

    words, steps = text_encoder(source), audio_encoder(samples)
    if steps.shape[-1] != dim:  # A pretrained network, of another size.
        steps = branches.speech.blocks_of(steps, blocks, dim, 2, heads, dropout)
    # Of the steps alone: GRUs have none, the text encoder has its own.
    steps = layers.SinePositions(name="step_positions")(steps)
    present = layers.Presence(2, name="presence_mask")(words, presence=presence)
    masks = [
        layers.MaskToFloat(name="source_mask")(words),
        layers.MaskToFloat(name="step_mask")(steps),
    ]
    # What is padding or missing is 0, which the decoder does not attend to.
    context = [
        ops.where(present[:, i, None, None], x * mask, 0.0)
        for i, (x, mask) in enumerate(zip((words, steps), masks))
    ]
    decoder = decoders.TransformerDecoder(
        *(target_size, dim, 2, heads, dropout, 512),
        mask_zero=True,
        name="decoder",
    )
    inputs = (source, samples, presence, tokens)
    return layers.MultimodalModel(
        {x.name: x for x in inputs},
        decoder([tokens, ops.concatenate(context, axis=1)]),
        name="translate_text_audio_transformer",
    )
