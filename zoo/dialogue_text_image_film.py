"""Each turn of a talk scales and shifts what is seen, and marks regions."""

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
        "image_shape": (64, 64, 3),
        "history_shape": (2, 4),
        "dim": 8,
    },
)
def dialogue_text_image_film(
    classes=1000,
    vocabulary_size=5000,
    image_shape=(96, 96, 3),
    history_shape=(10, 24),
    dim=64,
    dropout=0.0,
    image=None,
):
    """Builds a network in which FiLM, turn by turn, marks what is talked of.

    A GRU reads each turn t_j, and the question, the last one. One block of
    FiLM, the same for all turns, sees the regions h and the marks m on them,
    a vector each, 0 at first, and changes the marks as a gated unit does:

        gamma, beta = W t_j,  x = relu((1 + gamma) conv([h; m]) + beta)
        u, v = V relu(U x),  m <- m + sigmoid(u) (tanh(v) - m)

    The answer is chosen from the sum over the regions of what is marked,
    sigmoid(A m) (B [h; m]), beside the question: a sum, since a mean does not
    count.

    Departure from the paper: FiLM is of one question there, in blocks with
    weights of their own, and the maximum over the regions is taken.

    Args:
        classes: int. Number of answers to choose among.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        history_shape: Tuple `(turns, length)` of the talk before.
        dim: int. Size of a mark, half that of all else.
        dropout: float in [0, 1). Before the logits.
        image: Branch to see with. Defaults to `branches.image.cnn`, whose
            regions are 32 pixels wide.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"history"`,
        token ids of shape `(batch, turns, length)`, `"question"`, of shape
        `(batch, length)`, and `"presence"`, booleans of shape `(batch, 3)` or
        `None`, to logits of shape `(batch, classes)`.

    Reference:
        [Perez et al., 2018](https://arxiv.org/abs/1709.07871); the marks are
        of [Seo et al., 2017](https://arxiv.org/abs/1709.07992), who recall
        attention
    """
    wide = 2 * dim
    eye = image or branches.image.cnn(image_shape, wide, 5, "image_encoder")
    words = branches.text.words(vocabulary_size, dim, name="words")
    gru = keras.layers.GRU(wide, name="read")
    pixels = layers.input_of(eye, "image")
    history = keras.Input(history_shape, dtype="int32", name="history")
    question = keras.Input((None,), dtype="int32", name="question")
    there = layers.presence_input(3)
    said = layers.each(history, lambda ids: gru(words(ids)), name="said")
    asked = gru(words(question))
    seen, said, asked = layers.present([eye(pixels), said, asked], there)
    rows = (seen.shape[1] * image_shape[0] / image_shape[1]) ** 0.5
    seen = layers.Grid(max(round(rows), 1), name="grid")(seen)

    film = keras.layers.Dense(2 * wide, name="film")
    conv = keras.layers.Conv2D(wide, 3, padding="same", name="conv")
    hidden = keras.layers.Dense(wide, "relu", name="hidden")
    update = keras.layers.Dense(wide, name="update")

    def read(marks, text):
        scale, shift = ops.split(film(text)[:, None, None], 2, axis=-1)
        x = conv(ops.concatenate([seen, marks], -1))
        x = hidden(ops.relu((1 + scale) * x + shift))
        gate, new = ops.split(update(x), 2, axis=-1)
        return ops.sigmoid(gate - 1) * (ops.tanh(new) - marks)

    marks = ops.zeros_like(seen[..., :dim])
    was = layers.Steps(name="was")(said)  # (batch, turns, 1), 0 where not.
    for i in range(history_shape[0]):
        marks += was[:, i, :, None, None] * read(marks, said[:, i])
    marks += read(marks, asked)
    marked = keras.layers.Dense(wide, "sigmoid", name="marked")(marks)
    values = keras.layers.Dense(wide, name="values")
    x = marked * values(ops.concatenate([seen, marks], -1))
    x = ops.concatenate([ops.sum(x, (1, 2)), asked], -1)
    x = keras.layers.Dense(wide, "relu", name="fusion")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(x)
    inputs = {
        "image": pixels,
        "history": history,
        "question": question,
        "presence": there,
    }
    return keras.Model(inputs, logits, name="dialogue_text_image_film")
