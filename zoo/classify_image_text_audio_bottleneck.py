"""Image, text and audio, fused through a few bottleneck tokens."""

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-text-audio-bottleneck",
    task="classify",
    paper="https://arxiv.org/abs/2107.00135",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def classify_image_text_audio_bottleneck(
    num_classes=2,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    audio_shape=(32000,),
    dim=128,
    dropout=0.1,
    image=None,
    text=None,
    audio=None,
    fusion="bottleneck",
):
    """Builds a classifier of images, text and audio; any may be absent.

    Departure from the paper: text is a third modality; the steps are those of
    small branches trained from scratch, not patches of a pretrained network;
    pass others as `image`, `text` and `audio`.

    Args:
        num_classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch. Defaults to `branches.text.words`.
        audio: Audio branch. Defaults to `branches.audio.cnn`.
        fusion: Layer that fuses the three, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"text"`, token
        ids of shape `(batch, length)`, `"audio"`, shape `(batch, samples)`,
        and optionally `"presence"`, booleans of shape `(batch, 3)`, to logits
        of shape `(batch, num_classes)`.

    Reference:
        [Nagrani et al., 2021](https://arxiv.org/abs/2107.00135)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.words(vocabulary_size, dim)
    audio_encoder = audio or branches.audio.cnn(audio_shape, dim=dim)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(3)
    steps = [image_encoder(pixels), text_encoder(words), audio_encoder(samples)]
    logits = fusions.classification_head(
        fusion, steps, presence, num_classes, dim, dropout
    )
    return layers.MultimodalModel(
        {
            "image": pixels,
            "text": words,
            "audio": samples,
            "presence": presence,
        },
        logits,
        name="classify_image_text_audio_bottleneck",
    )
