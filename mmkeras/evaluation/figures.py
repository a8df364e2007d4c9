"""Images with what a captioner says of them, and where it looked."""

import io
import math
import textwrap

import numpy as np

from mmkeras.files import atomic

_INK = "#222222"
_GREY = "#777777"


def of_captioner(task, pixels, texts, most=8):
    """Draws captioned images, each word with where the captioner looked.

    Args:
        task: A `tasks.Caption`.
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        most: int. Most images to draw words of; of more images, or if
            the decoder has no `attention`, the captions alone are drawn.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    decoder = task.target.decoder(task.model)
    if len(texts) > most or not hasattr(decoder, "attention"):
        return captions(pixels, texts)
    looks = [task.attention_maps(*pair) for pair in zip(pixels, texts)]
    return attention(pixels, texts, looks)


def of_judge(task, batch, said):
    """Draws images with what was asked and answered, and each look at them.

    Args:
        task: A `tasks.Classify` with a field `"image"`.
        batch: Dict of lists by field, as of its `answer`; of examples without
            an image nothing is drawn.
        said: List of labels.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If there is no image.
    """
    there = [i for i, data in enumerate(batch.get("image", ())) if data]
    if not there:
        raise ValueError("Expected at least one image to draw. Received: none")
    some = {k: [values[i] for i in there] for k, values in batch.items()}
    asked = some.get("question") or [None] * len(there)
    texts = [
        f"{text} {said[i]}" if text else str(said[i])
        for text, i in zip(asked, there)
    ]
    pixels, _ = task.codecs["image"].try_batch(some["image"])
    if not task.attention_layers:
        return captions(pixels.numpy(), texts)
    found = task.attention_maps(some)
    names = [f"attention {i + 1}" for i in range(found.shape[1])]
    return attention(pixels.numpy(), texts, [(names, each) for each in found])


def captions(pixels, texts, references=None, columns=4):
    """Draws images above their captions.

    Args:
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        references: List of n lists of reference captions, or `None`; the
            first of each is drawn below the caption.
        columns: int. Images in a row.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    columns = min(columns, len(texts))
    rows = math.ceil(len(texts) / columns)
    blocks = [_block(i, texts, references) for i in range(len(texts))]
    lines = max(said.count("\n") + ref.count("\n") + 2 for said, ref in blocks)
    height, width = np.shape(pixels)[1:3]
    tall = 2.8 * height / width
    figure, axes = _grid(rows, columns, 2.8, tall, 0.19 * lines)
    for place, image, (said, reference) in zip(axes, pixels, blocks):
        _show(place, image)
        _write(place, said, 0, color=_INK, fontsize=10)
        below = said.count("\n") + 1
        _write(place, reference, below, color=_GREY, fontsize=9)
    return figure


def attention(pixels, texts, looks, columns=7):
    """Draws where a captioner looked before each word.

    What was looked at is bright, the rest dark.

    Args:
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        looks: List of n pairs as of `tasks.Caption.look`: a list of words,
            and weights of shape `(words, regions)`. Regions are read row by
            row, maybe behind one class token.
        columns: int. Images in a row.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If the regions are no grid of the image's shape.
    """
    columns = min(columns, 1 + max(len(words) for words, _ in looks))
    tiles = []
    for image, text, (words, weights) in zip(pixels, texts, looks):
        row = [(image, textwrap.fill(text, 22), True)]
        for word, map_ in zip(words, regions(weights, image.shape)):
            row.append((highlighted(image, map_), word, False))
        row += [None] * (-len(row) % columns)
        tiles += row
    height, width = np.shape(pixels)[1:3]
    rows = len(tiles) // columns
    tall = 1.7 * height / width
    lines = max(t[1].count("\n") + 1 for t in tiles if t)
    figure, axes = _grid(rows, columns, 1.7, tall, 0.17 * lines + 0.05)
    for place, tile in zip(axes, tiles):
        if tile:
            image, text, whole = tile
            _show(place, image)
            weight = "normal" if whole else "bold"
            _write(place, text, 0, color=_INK, fontsize=9, fontweight=weight)
    return figure


def regions(weights, shape):
    """Lays weights over regions out as maps.

    Args:
        weights: Array of shape `(words, regions)`.
        shape: The image's, `(height, width, ...)`.

    Returns:
        Array of shape `(words, rows, columns)`.

    Raises:
        ValueError: If no grid with the image's proportions has so many
            regions, with or without a class token before them.
    """
    weights = np.asarray(weights)
    for skipped in (0, 1):
        count = weights.shape[1] - skipped
        rows = round(math.sqrt(count * shape[0] / shape[1]))
        fits = rows and count % rows == 0
        if fits and abs(count // rows - rows * shape[1] / shape[0]) < 1:
            return weights[:, skipped:].reshape(len(weights), rows, -1)
    raise ValueError(
        "Expected regions that form a grid over the image. Received: "
        f"{weights.shape[1]} regions of an image of {shape[0]} x {shape[1]}"
    )


def highlighted(image, weights):
    """Darkens an image where it was not looked at.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        weights: Array of shape `(rows, columns)`.

    Returns:
        uint8 array of the image's shape.
    """
    from PIL import Image  # Late: reports without figures do without.

    weights = np.float32(weights) / max(float(np.max(weights)), 1e-9)
    size = (image.shape[1], image.shape[0])
    smooth = Image.fromarray(weights).resize(size, Image.Resampling.BICUBIC)
    light = 0.2 + 0.8 * np.clip(np.asarray(smooth), 0, 1)[..., None]
    return (image * light + 0.5).astype("uint8")


def png(figure):
    """Encodes a figure as PNG bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120, facecolor="white")
    return data.getvalue()


def write_png(figure, path):
    """Writes a figure as a PNG file, in one stroke.

    Args:
        figure: A `matplotlib.figure.Figure`.
        path: Where to write.

    Raises:
        OSError: If it cannot be written.
    """
    data = png(figure)
    atomic.write(path, lambda file: file.write(data))


def _block(index, texts, references, width=34):
    """Caption and reference of an image, wrapped."""
    said = textwrap.fill(texts[index] or "(nothing)", width)
    if not references:
        return said, ""
    return said, textwrap.fill(f"“{references[index][0]}”", width + 3)


def _show(place, image):
    place.imshow(image, interpolation="nearest", aspect="auto")


def _write(place, text, line, **style):
    """Writes text below an image, some lines down."""
    place.annotate(
        text,
        (0, 0),
        xytext=(1, -4 - 13 * line),
        xycoords="axes fraction",
        textcoords="offset points",
        verticalalignment="top",
        linespacing=1.15,
        annotation_clip=False,
        **style,
    )


def _grid(rows, columns, width, height, text, gap=0.18):
    """Axes of fixed size, in inches, each with room for text below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # Late: it takes a second.

    wide = columns * (width + gap) + gap
    tall = rows * (height + text + gap) + gap
    figure = Figure((wide, tall))
    FigureCanvasAgg(figure)
    axes = []
    for i in range(rows * columns):
        row, column = divmod(i, columns)
        left = gap + column * (width + gap)
        top = gap + row * (height + text + gap)
        box = [left, tall - top - height, width, height]
        place = figure.add_axes(
            [box[0] / wide, box[1] / tall] + [box[2] / wide, box[3] / tall]
        )
        place.axis("off")
        axes.append(place)
    return figure, axes
