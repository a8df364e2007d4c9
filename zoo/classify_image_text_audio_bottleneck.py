"""Image, words and sound that meet in a few bottleneck tokens."""

import keras

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-text-audio-bottleneck",
    task="classify",
    paper="https://arxiv.org/abs/2107.00135",
    tiny={
        "classes": 3,
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def classify_image_text_audio_bottleneck(
    classes=2,
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
    """Builds a classifier of images, words and sound; any may be absent.

    Departure from the paper: words are a third modality; the steps are those
    of small branches trained from scratch, not patches in a network of
    ImageNet; give others as `image`, `text` and `audio`.

    Args:
        classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        audio_shape: Tuple `(samples,)` of one sound at 16 kHz, in [-1, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        image: Branch to see with. Defaults to `branches.image.cnn`.
        text: Branch to read with. Defaults to `branches.text.words`.
        audio: Branch to hear with. Defaults to `branches.audio.cnn`.
        fusion: Layer that fuses the three, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"text"`, token
        ids of shape `(batch, length)`, `"audio"`, shape `(batch, samples)`,
        and `"presence"`, booleans of shape `(batch, 3)` or `None`, to logits
        of shape `(batch, classes)`.

    Reference:
        [Nagrani et al., 2021](https://arxiv.org/abs/2107.00135)
    """
    eye = image or branches.image.cnn(image_shape, dim, name="image_encoder")
    reader = text or branches.text.words(vocabulary_size, dim)
    ear = audio or branches.audio.cnn(audio_shape, dim=dim)
    pixels = layers.input_like(eye, "image")
    words = layers.input_like(reader, "text")
    samples = layers.input_like(ear, "audio")
    there = layers.presence_input(3)
    steps = [eye(pixels), reader(words), ear(samples)]
    logits = fusions.classification_head(
        fusion, steps, there, classes, dim, dropout
    )
    return keras.Model(
        {"image": pixels, "text": words, "audio": samples, "presence": there},
        logits,
        name="classify_image_text_audio_bottleneck",
    )
