"""Small inputs to try an export on: rendered, the same every time."""

import numpy as np
import tensorflow as tf

from mmkeras.data import codecs


def of(task):
    """Makes some inputs of every field of a task.

    Args:
        task: A `mmkeras.tasks.Task`.

    Returns:
        Dict of lists of one length by field. Of several fields each is absent
        from some rows; all are from the last.
    """
    made = {field: _some(task.codecs[field]) for field in task.fields}
    count = max(map(len, made.values())) + len(made)
    rows = {}
    for place, (field, values) in enumerate(made.items()):
        codec = task.codecs[field]
        filled = [values[i % len(values)] for i in range(count)]
        if len(made) > 1:
            filled[place] = filled[-1] = _absent(codec)
        rows[field] = filled
    if len(made) == 1:
        rows = {field: list(values) for field, values in made.items()}
    for field, values in rows.items():
        if isinstance(task.codecs[field], codecs.Turns):
            rows[field] = _listed(values)
    return rows


def images():
    """Renders images in the formats that exports read.

    Returns:
        List of bytes: JPEG, PNG, a grey JPEG, a PNG of one pixel, and two
        that cannot be read, a JPEG cut short and nothing at all.
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
    """Discs and boxes of any colour before a shaded sky."""
    down, across = np.mgrid[:height, :width]
    shade = down[..., None] / height * rng.uniform(0, 255, 3)
    scene = shade + across[..., None] / width * (255 - shade) / 2
    for _ in range(3):
        y, x = rng.uniform(0.2, 0.8, 2) * (height, width)
        size = rng.uniform(0.1, 0.3) * height
        far = np.stack([abs(down - y), abs(across - x)])
        inside = (far**2).sum(0) < size**2
        if rng.random() < 0.5:
            inside = far.max(0) < size
        scene[inside] = rng.uniform(0, 255, 3)
    return scene.clip(0, 255).astype("uint8")


def sounds():
    """Renders WAV files, one that is cut short, and nothing at all."""
    time = np.arange(8000) / 16000
    rng = np.random.default_rng(0)
    waves = [np.sin(2 * np.pi * pitch * time) / 2 for pitch in (200, 440, 1760)]
    waves.append(rng.uniform(-0.5, 0.5, 8000))
    files = [
        tf.audio.encode_wav(wave[:, None].astype("float32"), rate).numpy()
        for wave, rate in zip(waves, (16000, 8000, 44100, 16000))
    ]
    return [*files, files[0][:30], b""]


def _listed(values):
    """Conversations as lists of turns, all of one length."""
    split = [tf.compat.as_text(value).split("\n") for value in values]
    most = max(map(len, split))
    return [turns + [""] * (most - len(turns)) for turns in split]


def _some(codec):
    """Some values that a codec takes."""
    if isinstance(codec, codecs.Image):
        return images()
    if isinstance(codec, codecs.Audio):
        return sounds()
    rng = np.random.default_rng(0)
    if isinstance(codec, codecs.Features):
        drawn = rng.normal(size=(4, *codec.shape)).astype("float32")
        return [*drawn, _absent(codec)]
    words = codec.get_config()["vocabulary"]
    texts = [" ".join(rng.choice(words, n)) for n in (1, 5, 40)]
    if isinstance(codec, codecs.Turns):
        several = [codec.join(texts[:n]) for n in (1, 2, codec.turns)]
        texts = [*several, codec.join([*texts] * codec.turns)]
    return [*texts, "\u00e9\u4e2d \u2028 words?!", ""]


def _absent(codec):
    if isinstance(codec, codecs.Features):
        return np.full(codec.shape, np.nan, "float32")
    return b""
