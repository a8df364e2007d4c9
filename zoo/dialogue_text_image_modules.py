"""Neural modules that find, filter, move or keep marks, turn by turn."""

import keras
from keras import ops

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "dialogue-text-image-modules",
    task="dialogue",
    paper="https://arxiv.org/abs/1809.01816",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (64, 64, 3),
        "history_shape": (2, 4),
        "dim": 8,
    },
)
def dialogue_text_image_modules(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(96, 96, 3),
    history_shape=(10, 24),
    dim=64,
    dropout=0.0,
    image=None,
):
    """Builds a network of modules that mark the topic of a dialogue.

    A mark in [0, 1] on each region i, initially 1, is the current topic. Each
    turn, the question last, is encoded as a bag of words with positions, as
    in memory networks. Its encoding r gives a query, a direction, and softmax
    weights c of the modules:

        find_i = sigmoid(2 k_i . Q r / sqrt(dim) - 1),  k_i = BN(K x_i)
        m <- c_1 find + c_2 find m + c_3 relocate(m, softmax(S r)) + c_4 m

    The answer is predicted from the mean of the marked regions and from the
    sum of the marks, as a mean alone does not count.

    Departure from the paper: there a supervised parser generates a program,
    and modules refer to earlier entities; here each turn is a mixture of all
    modules, as in Stack-NMN, learned from answers only.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        history_shape: Tuple `(turns, length)` of the dialogue history.
        dim: int. Size of a key and of a turn, half that of a region.
        dropout: float in [0, 1). Before the logits.
        image: Image branch. Defaults to `branches.image.cnn`, whose
            regions are 32 pixels wide.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"history"`,
        token ids of shape `(batch, turns, length)`, `"question"`, of shape
        `(batch, length)`, and optionally `"presence"`, booleans of shape
        `(batch, 3)`, to logits of shape `(batch, num_classes)`.

    Reference:
        [Kottur et al., 2018](https://arxiv.org/abs/1809.01816); Stack-NMN:
        [Hu et al., 2018](https://arxiv.org/abs/1807.08556); bags of words
        with positions: [Sukhbaatar et al.,
        2015](https://arxiv.org/abs/1503.08895)
    """
    import keras_hub  # Late: it takes half a second.

    wide = 2 * dim
    encoder = image or branches.image.cnn(image_shape, wide, 5, "image_encoder")
    words = branches.text.words(vocabulary_size, dim, name="words")
    mean = layers.PositionalMean(name="mean")
    norm = keras.layers.LayerNormalization(name="norm")
    pixels = layers.input_like(encoder, "image")
    history = keras.Input(history_shape, dtype="int32", name="history")
    question = keras.Input(history_shape[1:], dtype="int32", name="question")
    presence = layers.presence_input(3)

    def encode(ids):
        return norm(mean(words(ids)))

    x = keras.layers.LayerNormalization(name="image_norm")(encoder(pixels))
    rows = (x.shape[1] * image_shape[0] / image_shape[1]) ** 0.5
    # Positions are scaled like image features; otherwise they are not learned.
    large = keras.initializers.RandomNormal(stddev=1.0)
    x += keras_hub.layers.PositionEmbedding(x.shape[1], large, name="grid")(x)
    turns = layers.encode_each(history, encode, name="history_features")
    features = layers.replace_missing([x, turns, encode(question)], presence)
    x, turns, question_features = features
    # Centred, so that no query is opposed to all regions: its sigmoids and
    # their gradients would be 0.
    keys_norm = keras.layers.BatchNormalization(
        center=False, scale=False, name="keys_norm"
    )
    keys = keys_norm(keras.layers.Dense(dim, use_bias=False, name="keys")(x))
    query = keras.layers.Dense(dim, name="query")
    relocate = layers.Relocate(max(round(rows), 1), name="relocate")
    direction = keras.layers.Dense(9, "softmax", name="direction")
    modules = keras.layers.Dense(4, "softmax", name="modules")

    def mark(marks, turn):
        scores = ops.matmul(keys, query(turn)[:, :, None])[..., 0]
        match = ops.sigmoid(2 * scores / dim**0.5 - 1)
        moved = relocate([marks, direction(turn)])
        outputs = ops.stack([match, match * marks, moved, marks], axis=-1)
        return ops.matmul(outputs, modules(turn)[:, :, None])[..., 0]

    marks = ops.ones_like(keys[..., 0])
    # (batch, turns, 1), 0 for padding.
    turn_mask = layers.MaskToFloat(name="turn_mask")(turns)
    for i in range(history_shape[0]):
        marks += turn_mask[:, i] * (mark(marks, turns[:, i]) - marks)
    marks = mark(marks, question_features)
    marks = keras.layers.Reshape((-1, 1), name="attention")(marks)
    values = keras.layers.Dense(wide, name="values")(x)
    total = ops.sum(marks, axis=1)
    attended = ops.sum(marks * values, axis=1) / (total + 0.1)
    gated = attended * keras.layers.Dense(wide, name="gate")(question_features)
    x = ops.concatenate([gated, attended, question_features], axis=-1)
    x = keras.layers.Dense(wide, name="fusion")(x)
    # With small weights, counting is learned late.
    count = keras.layers.Dense(wide, None, True, large, name="count")
    x += 0.3 * count(ops.relu(total - ops.arange(4, dtype=total.dtype)))
    x = keras.layers.Activation("relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {x.name: x for x in (pixels, history, question, presence)}
    name = "dialogue_text_image_modules"
    return layers.MultimodalModel(inputs, logits, name=name)
