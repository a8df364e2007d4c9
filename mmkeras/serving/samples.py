"""Small pictures to try an export on: rendered, the same every time."""

import numpy as np
import tensorflow as tf


def pictures():
    """Renders pictures in the formats that exports read.

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
