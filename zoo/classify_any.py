"""Any set of modalities, for tables of which it is not known in advance."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-any",
    task="classify",
    paper="https://arxiv.org/abs/1705.09406",
    tiny={"num_classes": 3, "vocabulary_size": 11, "dim": 8}
    | {"image_shape": (16, 16, 3), "video_shape": (3, 16, 16, 3)}
    | {"audio_shape": (2000,), "features_shape": (6,)},
    recipe={"head": "linear"},
)
def classify_any(
    num_classes=2,
    vocabulary_size=None,
    image_shape=None,
    audio_shape=None,
    video_shape=None,
    features_shape=None,
    tabular_shape=None,
    dim=128,
    dropout=0.3,
    text=None,
    image=None,
    audio=None,
    video=None,
    fusion="concat",
):
    """Builds a classifier of those modalities whose size is given.

    Args:
        num_classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; `None` without texts.
        image_shape: Tuple `(height, width, channels)`; `None` without images.
        audio_shape: Tuple `(samples,)` at 16 kHz; `None` without audio.
        video_shape: Tuple `(length, height, width, channels)`; `None` without
            videos.
        features_shape: Tuple `(size,)` or `(length, size)` of features that
            were computed elsewhere; `None` without.
        tabular_shape: Tuple `(size,)` of standardised numbers and one-hot
            categories, as of `codecs.Tabular`; `None` without.
        dim: int. Size of each branch's features and of the hidden layer; even
            with videos.
        dropout: float in [0, 1).
        text: Text branch. Defaults to `branches.text.bow`.
        image: Image branch. Defaults to `branches.image.cnn`.
        audio: Audio branch. Defaults to `branches.audio.cnn`.
        video: Branch that encodes each frame. Defaults to
            `branches.image.cnn_flat` on each. A GRU over the frames follows.
        fusion: Layer that fuses several modalities, or the name of one.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, `"image"`,
        `"audio"`, `"video"`, `"features"` and `"tabular"`, as far as given,
        and, if there are several, optionally `"presence"`, to logits of shape
        `(batch, num_classes)`.

    Raises:
        ValueError: If no size is given, or `dim` is odd with videos.

    Reference:
        [Baltrusaitis et al., 2017](https://arxiv.org/abs/1705.09406), a survey
    """
    encoders = {}
    if vocabulary_size or text:
        encoders["text"] = text or branches.text.bow(vocabulary_size, dim)
    if image_shape or image:
        encoders["image"] = image or branches.image.cnn(
            image_shape, dim, name="image_encoder"
        )
    if audio_shape or audio:
        encoders["audio"] = audio or branches.audio.cnn(audio_shape, dim=dim)
    if video_shape or video:
        arguments.check_even(dim)
        encoders["video"] = video or branches.video.each_frame(
            branches.image.cnn_flat(video_shape[1:], -(-dim // 4)),
            video_shape[0],
        )
    if features_shape:
        vectors = len(features_shape) == 1
        make = branches.features.dense if vectors else branches.features.gru
        encoders["features"] = make(features_shape, dim)
    if tabular_shape:
        encoders["tabular"] = branches.tabular.mlp(tabular_shape, dim)
    if not encoders:
        raise ValueError(
            "`classify-any` needs at least one of `vocabulary_size`, "
            "`image_shape`, `audio_shape`, `video_shape`, `features_shape` and "
            "`tabular_shape`. Received: none"
        )
    inputs = {k: layers.input_like(x, k) for k, x in encoders.items()}
    steps = {k: encoder(inputs[k]) for k, encoder in encoders.items()}
    if "video" in steps:
        x = keras.layers.LayerNormalization(name="frames_norm")(steps["video"])
        cell = layers.GRU(dim // 2, return_sequences=True)
        steps["video"] = keras.layers.Bidirectional(cell, name="frames")(x)
    steps = list(steps.values())
    if len(steps) > 1:
        inputs["presence"] = layers.presence_input(len(steps))
        logits = fusions.classification_head(
            fusion, steps, inputs["presence"], num_classes, dim, dropout
        )
        return layers.MultimodalModel(inputs, logits, name="classify_any")
    x = layers.MaskedPool(name="mean")(steps[0])
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="classify_any")
