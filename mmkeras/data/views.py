"""Augmentations of images for frozen branches: original, flip or crop."""

import re

import numpy as np
import tensorflow as tf

_CROP = re.compile(r"crop-\d+")
_SIDE = (0.65, 0.95)  # Of a crop, as a fraction of the image's.


def check(views):
    """Checks the names of views.

    Args:
        views: Names as of `apply`.

    Raises:
        ValueError: If a name is unknown, or there is none.
    """
    names = ("plain", "mirror")
    if not views or not all(v in names or _CROP.fullmatch(v) for v in views):
        raise ValueError(
            "`views` must be a list of at least one of 'plain', 'mirror', "
            f"'crop-0', 'crop-1', ... Received: views={views!r}"
        )


def apply(view, pixels, first=0):
    """Applies one augmentation to images.

    Args:
        view: `"plain"`, `"mirror"` (left and right exchanged) or `"crop-N"`:
            a random crop, 65 to 95 % as high and wide, half of them mirrored.
            N and the image's number are its seed.
        pixels: uint8 array of shape `(n, height, width, 3)`.
        first: int. Number of the first image.

    Returns:
        uint8 array of the same shape.
    """
    if view == "plain":
        return pixels
    if view == "mirror":
        return pixels[:, :, ::-1]
    number = int(view.partition("-")[2])
    rows = range(first, first + len(pixels))
    boxes = np.stack([_box(number, row) for row in rows])
    size = pixels.shape[1:3]
    cut = tf.image.crop_and_resize(pixels, boxes, range(len(pixels)), size)
    return tf.cast(cut + 0.5, tf.uint8).numpy()


def _box(number, row):
    """Returns random upper, left, lower and right edges, in [0, 1]."""
    rng = np.random.default_rng([number, row])
    side = rng.uniform(*_SIDE)
    top, left = rng.uniform(0, 1 - side, 2)
    if rng.random() < 0.5:
        return np.float32([top, left + side, top + side, left])
    return np.float32([top, left, top + side, left + side])
