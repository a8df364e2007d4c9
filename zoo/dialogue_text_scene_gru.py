"""Selects the object in a scene that a dialogue refers to."""

import keras
from keras import ops

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "dialogue-text-scene-gru",
    task="dialogue",
    paper="https://arxiv.org/abs/1907.03399",
    tiny={"vocabulary_size": 11, "scene_shape": (3, 4), "dim": 8},
    recipe={
        "min_epochs": 8,
        "max_batch_size": 64,
        "learning_rate": 2e-3,
        "modality_dropout": 0.1,
        "examples_per_image": None,
        "bucket_by_length": True,
    },
)
def dialogue_text_scene_gru(
    vocabulary_size=1000,
    scene_shape=(7, 4),
    dim=128,
    heads=4,
    dropout=0.4,
    text=None,
):
    """Builds a model that selects the object two speakers agree on.

    A bidirectional GRU encodes the whole dialogue. Each object is described by
    its features and its differences from the others, as in a relation network;
    it attends to the dialogue and is scored by the result.

    Departure from the paper: attention over the dialogue's words instead of the
    GRU's last state; a learned token replaces a missing dialogue or scene.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        scene_shape: Tuple `(objects, numbers)`; the first two numbers of an
            object are its position.
        dim: int, even. Size of the features of a word and of an object.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        text: Text branch. Defaults to `branches.text.gru`.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, `"scene"`,
        shape `(batch, objects, numbers)`, and optionally `"presence"`, booleans
        of shape `(batch, 2)`, to logits of shape `(batch, objects)`.

    Reference:
        [Udagawa and Aizawa, 2019](https://arxiv.org/abs/1907.03399);
        [Santoro et al., 2017](https://arxiv.org/abs/1706.01427)
    """
    tokens = keras.Input((None,), dtype="int32", name="text")
    scene = keras.Input(scene_shape, name="scene")
    presence = layers.presence_input(2)
    text_encoder = text or branches.text.gru(
        vocabulary_size, dim, dropout=dropout
    )
    text_features = text_encoder(tokens)
    text_features = keras.layers.Dropout(dropout, name="text_dropout")(
        text_features
    )

    def dense(x, name, activation="relu"):
        return keras.layers.Dense(dim, activation, name=name)(x)

    one, other = ops.expand_dims(scene, 2), ops.expand_dims(scene, 1)
    gap = one - other  # (batch, objects, objects, numbers)
    distance = ops.sqrt(ops.sum(gap[..., :2] ** 2, -1, keepdims=True) + 1e-6)
    pair = ops.concatenate([gap, distance, one + ops.zeros_like(other)], -1)
    relations = ops.sum(dense(dense(pair, "pair_0"), "pair_1"), axis=2)
    x = ops.concatenate([dense(scene, "object"), relations], -1)
    x = keras.layers.LayerNormalization(name="norm")(
        dense(x, "relations", None)
    )
    x = keras.layers.Dropout(dropout, name="scene_dropout")(x)

    text_features, x = layers.replace_missing([text_features, x], presence)
    objects = ops.relu(x)  # All are queries, so no mask is needed.
    attend = keras.layers.MultiHeadAttention(heads, dim // heads, name="attend")
    attended = attend(objects, text_features)  # (batch, objects, dim)
    gated = objects * dense(attended, "gate", None)
    x = dense(ops.concatenate([objects, attended, gated], -1), "hidden")
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Dense(1, dtype="float32", name="logits")(x)
    logits = ops.squeeze(x, -1)
    inputs = {"text": tokens, "scene": scene, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="dialogue_text_scene_gru"
    )
