"""Renders the faces of `feelings`: smiling or frowning."""

import io

import numpy as np
import PIL.Image

_NOISE = 3.0  # Standard deviation of a pixel's noise, of 255.
_TILT = np.radians(8)
_COLOURS = ((10, 90), (190, 250), (0, 40))  # Ranges of ground, face and ink.


def render_face(positive, rng, size=32):
    """Renders a face.

    It is bright on a darker ground. Its place, size, tilt and colours vary, and
    the width and curvature of the mouth; the mean height of the mouth does not
    depend on the label.

    Args:
        positive: bool. Whether it smiles; else it frowns.
        rng: A `numpy.random.Generator`.
        size: int. Side of the image, in pixels.

    Returns:
        Bytes of a PNG file, red, green and blue.
    """
    file = io.BytesIO()
    pixels = np.clip(_face(1 if positive else -1, rng, size) + 0.5, 0, 255)
    image = PIL.Image.fromarray(pixels.astype("uint8"))
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _face(sign, rng, size):
    """Computes the image, float of shape (size, size, 3)."""
    radius = rng.uniform(0.34, 0.42) * size
    middle = size / 2 + rng.uniform(-1, 1, (2, 1, 1)) * (0.46 * size - radius)
    y, x = (np.mgrid[:size, :size] + 0.5 - middle) / radius
    tilt = rng.uniform(-_TILT, _TILT)
    cos, sin = np.cos(tilt), np.sin(tilt)
    x, y = cos * x + sin * y, cos * y - sin * x
    ground, skin, ink = (rng.uniform(*ends, 3) for ends in _COLOURS)
    eyes = np.hypot(abs(x) - rng.uniform(0.32, 0.42), y + 0.3) - 0.13
    bend, half = rng.uniform(0.25, 0.42), rng.uniform(0.45, 0.6)
    mouth = _mouth(x, y, sign * bend, half)
    pixels = np.full((size, size, 3), ground)
    for edge, colour in (
        (np.hypot(x, y) - 1, skin),
        (np.minimum(eyes, mouth), ink),
    ):
        cover = np.clip(0.5 - edge * radius, 0, 1)[..., None]
        pixels += cover * (colour - pixels)
    return pixels + _NOISE * rng.standard_normal(pixels.shape)


def _mouth(x, y, bend, half):
    """Approximates the distance to a parabola; y grows downwards."""
    part = np.clip(x / half, -1, 1)
    curve = 0.42 + bend * (1 / 3 - part**2)
    slope = 2 * bend * part / half
    across = abs(y - curve) / np.hypot(1, slope)
    return np.maximum(across, abs(x) - half) - 0.13
