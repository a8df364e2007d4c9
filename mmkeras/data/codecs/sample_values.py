"""Small files and texts to test an export with, the same at every call."""

import io

import numpy as np
import tensorflow as tf

UNUSUAL_TEXT = "\u00e9\u4e2d \u2028 words?!"


def images():
    """Renders images in the formats that exports read.

    Returns:
        List of bytes: JPEG, PNG, a grey JPEG, a PNG of one pixel, and two
        unreadable ones, a truncated JPEG and an empty file.
    """
    rng = np.random.default_rng(0)
    jpeg = tf.io.encode_jpeg(_scene(rng, 240, 320)).numpy()
    return [
        jpeg,
        tf.io.encode_png(_scene(rng, 200, 150)).numpy(),
        tf.io.encode_jpeg(_scene(rng, 375, 500)[..., :1]).numpy(),
        tf.io.encode_png(np.full((1, 1, 3), 128, "uint8")).numpy(),
        jpeg[: len(jpeg) // 2],
        b"",
    ]


def _scene(rng, height, width):
    """Renders discs and boxes of any colour on a shaded background."""
    down, across = np.mgrid[:height, :width]
    shade = down[..., None] / height * rng.uniform(0, 255, 3)
    scene = shade + across[..., None] / width * (255 - shade) / 2
    for _ in range(3):
        y, x = rng.uniform(0.2, 0.8, 2) * (height, width)
        size = rng.uniform(0.1, 0.3) * height
        distance = np.stack([abs(down - y), abs(across - x)])
        inside = (distance**2).sum(0) < size**2
        if rng.random() < 0.5:
            inside = distance.max(0) < size
        scene[inside] = rng.uniform(0, 255, 3)
    return scene.clip(0, 255).astype("uint8")


def videos():
    """Renders videos in the formats that exports read.

    Returns:
        List of bytes: a GIF, one with a single frame, an `.npy` array, and
        three unreadable ones, a truncated GIF, an array of another type and
        an empty file.
    """
    rng = np.random.default_rng(0)
    scene = _scene(rng, 48, 64)
    frames = np.stack([np.roll(scene, 8 * i, axis=1) for i in range(7)])
    gif = _gif(frames)
    arrays = [_npy(frames[::2]), _npy(frames[:2, ::8, ::8] / 2)]
    return [gif, _gif(frames[:1]), arrays[0], gif[:-300], arrays[1], b""]


def _npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _gif(frames):
    import PIL.Image

    first, *others = map(PIL.Image.fromarray, frames)
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, loop=0)
    return file.getvalue()


def audio_files():
    """Renders WAV files, a truncated one, and an empty file.

    Returns:
        List of bytes.
    """
    time = np.arange(8000) / 16000
    rng = np.random.default_rng(0)
    waves = [np.sin(2 * np.pi * pitch * time) / 2 for pitch in (200, 440, 1760)]
    waves.append(rng.uniform(-0.5, 0.5, 8000))
    files = [
        tf.audio.encode_wav(wave[:, None].astype("float32"), rate).numpy()
        for wave, rate in zip(waves, (16000, 8000, 44100, 16000))
    ]
    return [*files, files[0][:30], b""]


def texts(words):
    """Makes texts of 1, 5 and 40 words.

    Args:
        words: List of words to draw from.

    Returns:
        List of strings.
    """
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(words, count)) for count in (1, 5, 40)]
