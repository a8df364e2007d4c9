"""Pictures with what a captioner says of them, and where it looked."""

import io
import math
import textwrap

import numpy as np


def captions(pixels, texts, columns=4):
    """Draws pictures above their captions.

    Args:
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        columns: int. Pictures in a row.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    columns = min(columns, len(texts))
    rows = math.ceil(len(texts) / columns)
    figure, axes = _grid(rows, columns, 3.0, 3.5)
    for place, picture, text in zip(axes, pixels, texts):
        place.imshow(picture)
        place.set_title(textwrap.fill(text, 34), fontsize=9, y=-0.02, va="top")
    return figure


def attention(pixels, words, weights, columns=6):
    """Draws where a captioner looked before each word.

    Args:
        pixels: uint8 array of shape `(height, width, 3)`.
        words: List of n words.
        weights: Array of shape `(n, regions)`; the regions are a square, read
            row by row, maybe behind one class token.
        columns: int. Pictures in a row.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    side = math.isqrt(weights.shape[1])
    maps = weights[:, weights.shape[1] - side * side :]
    columns = min(columns, len(words) + 1)
    rows = math.ceil((len(words) + 1) / columns)
    figure, axes = _grid(rows, columns, 2.0, 2.3)
    height, width = pixels.shape[:2]
    axes[0].imshow(pixels)
    for place, word, looked in zip(axes[1:], words, maps):
        place.imshow(pixels)
        place.imshow(
            looked.reshape(side, side),
            extent=(-0.5, width - 0.5, height - 0.5, -0.5),
            interpolation="bicubic",
            cmap="magma",
            alpha=0.6,
        )
        place.set_title(word, fontsize=11)
    return figure


def png(figure):
    """Encodes a figure as PNG bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return data.getvalue()


def _grid(rows, columns, width, height):
    from matplotlib.figure import Figure  # Late: it takes a second.

    figure = Figure((width * columns, height * rows), layout="constrained")
    axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for place in axes:
        place.axis("off")
    return figure, axes
