"""Image and audio features, fused and classified."""

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-audio-concat",
    task="classify",
    paper="https://arxiv.org/abs/1808.07275",
    tiny={
        "num_classes": 3,
        "image_shape": (16, 16, 3),
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def classify_image_audio_concat(
    num_classes=2,
    image_shape=(64, 64, 3),
    audio_shape=(32000,),
    dim=128,
    dropout=0.3,
    image=None,
    audio=None,
    fusion="concat",
):
    """Builds a classifier of images with audio; either may be absent.

    Args:
        num_classes: int. Number of classes, or of labels.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.
        audio: Audio branch. Defaults to `branches.audio.cnn`.
        fusion: Layer that fuses the two, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"audio"`, shape
        `(batch, samples)`, and optionally `"presence"`, booleans of shape
        `(batch, 2)`, to logits of shape `(batch, num_classes)`.

    Reference:
        The task: [Vielzeuf et al., 2018](https://arxiv.org/abs/1808.07275)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    audio_encoder = audio or branches.audio.cnn(audio_shape, dim=dim)
    pixels = layers.input_like(image_encoder, "image")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(2)
    steps = [image_encoder(pixels), audio_encoder(samples)]
    logits = fusions.classification_head(
        fusion, steps, presence, num_classes, dim, dropout
    )
    inputs = {"image": pixels, "audio": samples, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="classify_image_audio_concat"
    )
