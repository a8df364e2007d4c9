"""Renders the scenes of `shapes`, antialiased, with NumPy alone."""

import numpy as np

COLOURS = {
    "red": (226, 36, 36),
    "yellow": (250, 218, 40),
    "green": (40, 185, 65),
    "cyan": (70, 215, 225),
    "blue": (40, 80, 235),
    "purple": (140, 50, 185),
    "pink": (250, 135, 195),
    "white": (245, 245, 245),
}
_NOISE = 3.0  # Standard deviation of the noise of a pixel, of 255.


def render(scene, size=64):
    """Renders a scene.

    The ground is dark, of a random hue, and shaded by a slope and waves.

    Args:
        scene: A `Scene`; the same one gives the same image.
        size: int. Side of the image, in pixels; from 8.

    Returns:
        uint8 array of shape `(size, size, 3)`, red, green, blue.

    Raises:
        ValueError: If the image is too small.
    """
    if size < 8:
        raise ValueError(
            f"`size` must be at least 8 pixels. Received: size={size}"
        )
    rng = np.random.default_rng(scene.seed)
    image = _ground(rng, size)
    for shape in scene.shapes:
        _paint(image, shape)
    image += _NOISE * rng.standard_normal(image.shape, "float32")
    return np.clip(image + 0.5, 0, 255).astype("uint8")


def _ground(rng, size):
    """Renders the ground, float32 of shape (size, size, 3)."""
    colour = rng.uniform(15, 90) + rng.uniform(-15, 15, 3)
    slope = rng.uniform(-25, 25, 2)
    wave = rng.uniform(-20, 20, 2)
    height, phase = rng.uniform(0, 10), rng.uniform(0, 6)
    at = (np.arange(size) + 0.5) / size
    shade = (slope[0] * at + slope[1] * at[:, None]) + height * np.sin(
        wave[0] * at + wave[1] * at[:, None] + phase
    )
    return (colour + shade[..., None]).astype("float32")


def _paint(image, shape):
    """Paints a shape over an image, in place, within its bounding box."""
    size = len(image)
    reach = 1.3 * shape.radius
    x0, x1 = _span(shape.x, reach, size)
    y0, y1 = _span(shape.y, reach, size)
    u = ((np.arange(x0, x1) + 0.5) / size - shape.x)[None, :]
    v = ((np.arange(y0, y1) + 0.5) / size - shape.y)[:, None]
    cos, sin = np.cos(shape.angle), np.sin(shape.angle)
    u, v = cos * u + sin * v, cos * v - sin * u
    edge = _EDGES[shape.kind](u / shape.radius, v / shape.radius)
    cover = np.clip(0.5 - edge * shape.radius * size, 0, 1)[..., None]
    colour = shape.light * np.array(COLOURS[shape.colour])
    patch = image[y0:y1, x0:x1]
    patch += cover * (colour - patch)


def _span(centre, reach, size):
    first, last = (centre - reach) * size, (centre + reach) * size
    return max(int(first) - 1, 0), min(int(last) + 2, size)


# Approximate signed distance to the edge of a shape of radius 1; u grows to the
# right, v grows downwards.


def _circle(u, v):
    return np.hypot(u, v) - 0.85


def _square(u, v):
    return np.maximum(abs(u), abs(v)) - 0.88


def _triangle(u, v):
    return np.maximum((2 * abs(u) - v - 1) / 5**0.5, v - 0.8)


def _cross(u, v):
    u, v = abs(u), abs(v)
    long, short = 0.96, 0.32
    upright = np.maximum(u - short, v - long)
    return np.minimum(upright, np.maximum(u - long, v - short))


def _star(u, v):
    """Uses that points of a star are inside at least four of five lines."""
    turns = 2 * np.pi / 5 * np.arange(5) + np.pi / 2
    lines = [np.cos(t) * u + np.sin(t) * v - 0.37 for t in turns]
    return np.sort(lines, axis=0)[3]


_EDGES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "star": _star,
}
SHAPES = tuple(_EDGES)
