"""Late fusion of image, history and question ranks the answers."""

import keras
from keras import ops

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "dialogue-text-image-late",
    task="dialogue",
    paper="https://arxiv.org/abs/1611.08669",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "history_shape": (2, 4),
        "candidates_shape": (3, 4),
        "dim": 8,
    },
    recipe={  # Batches as of the authors of VisDial: 64 rounds.
        "max_batch_size": 64,
        "label_smoothing": 0.1,
        "modality_dropout": 0.05,
        "examples_per_image": None,
    },
)
def dialogue_text_image_late(
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    history_shape=(10, 24),
    candidates_shape=(100, 24),
    dim=512,
    dropout=0.5,
    image=None,
):
    """Builds the late fusion encoder of Visual Dialog, which ranks answers.

    As in the paper: an LSTM encodes the whole history, another the question;
    they and the mean of the image's regions are concatenated and projected by
    a tanh layer. A candidate's score is the dot product of this vector with
    the candidate's encoding by a third LSTM.

    Departure from the paper: LSTMs of one layer; convolutions are trained from
    scratch unless `image` is given.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        history_shape: Tuple `(turns, length)` of the dialogue history.
        candidates_shape: Tuple `(candidates, length)`.
        dim: int. Size of an LSTM and of the vectors of the dot product.
        dropout: float in [0, 1). Before the fusion.
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"history"`,
        token ids of shape `(batch, turns, length)`, `"question"`, of shape
        `(batch, length)`, `"candidates"`, of shape `(batch, candidates,
        length)`, and optionally `"presence"`, booleans of shape `(batch, 4)`,
        to logits of shape `(batch, candidates)`.

    Reference:
        [Das et al., 2017](https://arxiv.org/abs/1611.08669)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    words = branches.text.words(vocabulary_size, min(dim, 300), name="words")
    pixels = layers.input_like(image_encoder, "image")
    history = keras.Input(history_shape, dtype="int32", name="history")
    question = keras.Input((None,), dtype="int32", name="question")
    candidates = keras.Input(candidates_shape, dtype="int32", name="candidates")
    presence = layers.presence_input(4)

    def text_encoder(name):
        lstm = layers.LSTM(dim, name=name)
        return lambda ids: lstm(words(ids))

    length = history_shape[0] * history_shape[1]
    turns = ops.reshape(history, (-1, length))
    history_features = text_encoder("history_lstm")(turns)
    question_features = text_encoder("question_lstm")(question)
    answers = layers.encode_each(
        candidates, text_encoder("answer_lstm"), name="answers"
    )
    features = [
        image_encoder(pixels),
        history_features,
        question_features,
        answers,
    ]
    regions, *features, answers = layers.replace_missing(features, presence)
    image_features = layers.MaskedPool(name="mean")(regions)
    x = keras.layers.Concatenate(name="parts")([image_features, *features])
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Dense(dim, "tanh", name="fusion")(x)
    logits = layers.DotScores(name="logits")([x, answers])
    inputs = {
        "image": pixels,
        "history": history,
        "question": question,
        "candidates": candidates,
        "presence": presence,
    }
    return layers.MultimodalModel(
        inputs, logits, name="dialogue_text_image_late"
    )
