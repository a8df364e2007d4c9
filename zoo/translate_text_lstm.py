"""A bidirectional LSTM encoder and an LSTM decoder with attention."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "translate-text-lstm",
    task="translate",
    paper="https://arxiv.org/abs/1409.0473",
    tiny={"vocabulary_size": 11, "dim": 8},
    recipe={"min_epochs": 30, "learning_rate": 1e-3},
)
def translate_text_lstm(
    vocabulary_size=(6259, 6259),
    dim=256,
    depth=1,
    dropout=0.4,
):
    """Builds a recurrent network with attention that translates a text.

    Before each token the decoder weights the words of the source by its
    state; an LSTM takes their weighted mean and the previous token.

    Departure from the paper: LSTMs instead of GRUs, and the decoder of
    `decoders.AttentionDecoder`.

    Args:
        vocabulary_size: int. Number of token ids, or a pair of those of the
            source and of the translation; id 0 is padding.
        dim: int, even. Size of words and of the states of the LSTMs.
        depth: int. Number of layers of the encoder.
        dropout: float in [0, 1).

    Returns:
        A model from `"source"`, token ids of shape `(batch, length)`, and
        `"tokens"`, those of the translation so far, to next-token logits of
        shape `(batch, length, vocabulary_size)`.

    Reference:
        [Bahdanau et al., 2015](https://arxiv.org/abs/1409.0473)
    """
    source_size, target_size = arguments.pair(vocabulary_size)
    encoder = branches.text.lstm(
        source_size, dim, depth, dropout, name="encoder"
    )
    source = keras.Input((None,), dtype="int32", name="source")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    features = encoder(source)
    # Padding is all zero, which the decoder does not attend to.
    context = features * layers.MaskToFloat(name="source_mask")(features)
    decoder = decoders.AttentionDecoder(
        target_size, dim, dropout, mask_zero=True, name="decoder"
    )
    inputs = {"source": source, "tokens": tokens}
    logits = decoder([tokens, context])
    return keras.Model(inputs, logits, name="translate_text_lstm")
