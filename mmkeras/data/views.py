"""What a frozen branch is shown of images: all, mirrored, or a part."""

import re

import numpy as np
import tensorflow as tf

_CROP = re.compile(r"crop-\d+")
_SIDE = (0.65, 0.95)  # Of a crop, as a part of the image's.


def check(views):
    """Refuses views that `show` does not know.

    Args:
        views: Names.

    Raises:
        ValueError: If there is none, or an unknown one.
    """
    known = ("plain", "mirror")
    if not views or not all(v in known or _CROP.fullmatch(v) for v in views):
        raise ValueError(
            "`views` must be a list of at least one of 'plain', 'mirror', "
            f"'crop-0', 'crop-1', ... Received: views={views!r}"
        )


def show(view, pixels, first=0):
    """Shows one view of images.

    Args:
        view: `"plain"`, `"mirror"` (left and right exchanged) or `"crop-N"`:
            a part anywhere in the image, 65 to 95 % as high and wide, half
            of them mirrored. N and the image's number draw it.
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
    """Draws upper, left, lower and right edge, in [0, 1]."""
    draw = np.random.default_rng([number, row])
    side = draw.uniform(*_SIDE)
    top, left = draw.uniform(0, 1 - side, 2)
    if draw.random() < 0.5:
        return np.float32([top, left + side, top + side, left])
    return np.float32([top, left, top + side, left + side])
