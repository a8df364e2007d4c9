"""FiLM over a talk: each turn scales, shifts and marks what is seen."""

import keras
from keras import ops

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "dialogue-text-image-film",
    task="dialogue",
    paper="https://arxiv.org/abs/1709.07871",
    tiny={
        "classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "history_shape": (2, 4),
        "dim": 8,
    },
)
def dialogue_text_image_film(
    classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    history_shape=(10, 24),
    dim=64,
    dropout=0.0,
    image=None,
):
    """Builds a judge that goes through a talk with the picture in view.

    A map h of the picture's regions says what the talk is about. A GRU reads
    each turn, and last the question; of its last state a linear layer makes
    gamma, beta, and with x the regions

        y = relu(W [x, h]),  z = relu((1 + gamma) norm(conv(y)) + beta)
        h = h + sigmoid(V [z, h]) (tanh(U z) - h)

    by the same weights in every turn: what answers a question is what the
    following turns refer to. The mean and the maximum of the last z, and the
    question, choose the answer.

    Departure from the paper: one block, gone through once a turn, and the map,
    which the paper, about single questions, does not have.

    Args:
        classes: int. Number of answers to choose among.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        history_shape: Tuple `(turns, length)` of the talk before.
        dim: int. Features of a region in the map, and of a turn.
        dropout: float in [0, 1). Before the logits.
        image: Branch to see with. Defaults to `branches.image.cnn` of size
            2 `dim`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"history"`,
        token ids of shape `(batch, turns, length)`, `"question"`, of shape
        `(batch, length)`, and `"presence"`, booleans of shape `(batch, 3)` or
        `None`, to logits of shape `(batch, classes)`.

    Reference:
        [Perez et al., 2018](https://arxiv.org/abs/1709.07871)
    """
    eye = image or branches.image.cnn(
        image_shape, 2 * dim, name="image_encoder"
    )
    pixels = layers.input_of(eye, "image")
    history = keras.Input(history_shape, dtype="int32", name="history")
    question = keras.Input((None,), dtype="int32", name="question")
    there = layers.presence_input(3)

    words = branches.text.words(vocabulary_size, dim, name="words")
    gru = keras.layers.GRU(dim, name="read")
    clear = keras.layers.LayerNormalization(name="clear")

    def read(ids):
        return clear(gru(words(ids)))

    said = layers.each(history, read, name="said")
    asked = read(question)
    seen, said, asked = layers.present([eye(pixels), said, asked], there)
    rows = (seen.shape[1] * image_shape[0] / image_shape[1]) ** 0.5
    seen = keras.layers.Dense(dim, "relu", name="seen")(seen)
    seen = layers.Grid(max(round(rows), 1), name="grid")(seen)

    film = keras.layers.Dense(2 * dim, name="film")
    look = keras.layers.Dense(dim, "relu", name="in")
    conv = keras.layers.Conv2D(dim, 3, padding="same", name="conv")
    norm = keras.layers.LayerNormalization(
        center=False, scale=False, name="norm"
    )
    mark = keras.layers.Dense(dim, "tanh", name="mark")
    gate = keras.layers.Dense(dim, "sigmoid", name="gate")

    def turn(about, text):
        scale, shift = ops.split(film(text)[:, None, None], 2, axis=-1)
        z = norm(conv(look(ops.concatenate([seen, about], -1))))
        z = ops.relu((1 + scale) * z + shift)
        return z, gate(ops.concatenate([z, about], -1)) * (mark(z) - about)

    about = ops.zeros_like(seen[..., :dim])
    was = layers.Steps(name="was")(said)  # (batch, turns, 1), 0 where not.
    for i in range(history_shape[0]):
        _, change = turn(about, said[:, i])
        about = about + was[:, i, :, None, None] * change
    found, _ = turn(about, asked)
    parts = [asked, ops.mean(found, (1, 2)), ops.max(found, (1, 2))]
    x = keras.layers.Concatenate(name="parts")(parts)
    x = keras.layers.Dense(4 * dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(x)
    inputs = {
        "image": pixels,
        "history": history,
        "question": question,
        "presence": there,
    }
    return keras.Model(inputs, logits, name="dialogue_text_image_film")
