"""Images with captions or answers, and attention over their regions."""

import io
import math
import textwrap

import numpy as np

from mmkeras.files import atomic

_INK = "#222222"
_GREY = "#777777"


def of_captioner(task, pixels, texts, max_images=8):
    """Draws captioned images, each with the attention before each word.

    Args:
        task: A `tasks.Caption`.
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        max_images: int. With more images, or if the decoder has no
            `attention`, only the captions are drawn.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    decoder = task.target.decoder(task.model)
    if len(texts) > max_images or not hasattr(decoder, "attention"):
        return captions(pixels, texts)
    maps = [task.attention_maps(*pair) for pair in zip(pixels, texts)]
    return attention(pixels, texts, maps)


def of_classifier(task, batch, labels):
    """Draws images with their labels, and the attention over each.

    Args:
        task: A `tasks.Classify` with a field `"image"`.
        batch: Dict of lists by field, as of its `answer`; examples without
            an image are omitted.
        labels: List of labels.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If there is no image.
    """
    places = [i for i, data in enumerate(batch.get("image", ())) if data]
    if not places:
        raise ValueError("Expected at least one image to draw. Received: none")
    batch = {k: [values[i] for i in places] for k, values in batch.items()}
    texts = task.answer_texts(batch, [labels[i] for i in places])
    pixels, _ = task.codecs["image"].try_batch(batch["image"])
    if not task.attention_layers:
        return captions(pixels.numpy(), texts)
    maps = task.attention_maps(batch)
    names = [f"attention {i + 1}" for i in range(maps.shape[1])]
    return attention(pixels.numpy(), texts, [(names, each) for each in maps])


def captions(pixels, texts, references=None, columns=4):
    """Draws images above their captions.

    Args:
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        references: List of n lists of reference captions, or `None`; the
            first of each is drawn below the caption.
        columns: int. Images per row.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    columns = min(columns, len(texts))
    rows = math.ceil(len(texts) / columns)
    blocks = [_block(i, texts, references) for i in range(len(texts))]
    lines = max(sum(text.count("\n") + 1 for text in pair) for pair in blocks)
    height, width = np.shape(pixels)[1:3]
    size = 2.8, 2.8 * height / width
    figure, axes = _grid(rows, columns, *size, 0.19 * lines)
    for panel, image, (caption, reference) in zip(axes, pixels, blocks):
        _show(panel, image)
        _write(panel, caption, 0, color=_INK, fontsize=10)
        line = caption.count("\n") + 1
        _write(panel, reference, line, color=_GREY, fontsize=9)
    return figure


def attention(pixels, texts, maps, columns=7):
    """Draws the attention before each word; regions without it are dark.

    Args:
        pixels: uint8 array of shape `(n, height, width, 3)`.
        texts: List of n captions.
        maps: List of n pairs as of `tasks.Caption.attention_maps`: a list of
            words, and weights of shape `(words, regions)`. Regions are in
            row-major order, possibly after one class token.
        columns: int. Images per row.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If the regions are not a grid of the image's shape.
    """
    columns = min(columns, 1 + max(len(words) for words, _ in maps))
    tiles = []
    for image, text, (words, weights) in zip(pixels, texts, maps):
        row = [(image, textwrap.fill(text, 22), True)]
        for word, map_ in zip(words, regions(weights, image.shape)):
            row.append((highlighted(image, map_), word, False))
        row += [None] * (-len(row) % columns)
        tiles += row
    height, width = np.shape(pixels)[1:3]
    rows = len(tiles) // columns
    size = 1.7, 1.7 * height / width
    lines = max(tile[1].count("\n") + 1 for tile in tiles if tile)
    figure, axes = _grid(rows, columns, *size, 0.17 * lines + 0.05)
    for panel, tile in zip(axes, tiles):
        if tile:
            image, text, is_whole = tile
            _show(panel, image)
            weight = "normal" if is_whole else "bold"
            _write(panel, text, 0, color=_INK, fontsize=9, fontweight=weight)
    return figure


def regions(weights, shape):
    """Arranges weights of regions as maps.

    Args:
        weights: Array of shape `(words, regions)`.
        shape: The image's, `(height, width, ...)`.

    Returns:
        Array of shape `(words, rows, columns)`.

    Raises:
        ValueError: If no grid with the image's proportions has as many
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
    """Darkens the regions of an image with small weights.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        weights: Array of shape `(rows, columns)`.

    Returns:
        uint8 array of the image's shape.
    """
    from PIL import Image  # Late: only figures need it.

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
    """Writes a figure as a PNG file, atomically.

    Args:
        figure: A `matplotlib.figure.Figure`.
        path: Path of the file.

    Raises:
        OSError: If it cannot be written.
    """
    data = png(figure)
    atomic.write(path, lambda file: file.write(data))


def _block(index, texts, references, width=34):
    """Caption and reference of an image, wrapped."""
    caption = textwrap.fill(texts[index] or "(nothing)", width)
    if not references:
        return caption, ""
    return caption, textwrap.fill(f"“{references[index][0]}”", width + 3)


def _show(panel, image):
    panel.imshow(image, interpolation="nearest", aspect="auto")


def _write(panel, text, line, **style):
    """Writes text below an image, from a given line on."""
    panel.annotate(
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

    size = columns * (width + gap) + gap, rows * (height + text + gap) + gap
    figure = Figure(size)
    FigureCanvasAgg(figure)
    axes = []
    for i in range(rows * columns):
        row, column = divmod(i, columns)
        left = gap + column * (width + gap)
        bottom = size[1] - gap - row * (height + text + gap) - height
        panel = figure.add_axes(
            np.divide([left, bottom, width, height], size * 2)
        )
        panel.axis("off")
        axes.append(panel)
    return figure, axes
