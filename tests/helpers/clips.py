"""Small videos of a moving square; a single frame does not tell where to."""

import io

import numpy as np
import PIL.Image

LABELS = ("left", "right")
_STEP, _SIDE, _SIZE = 3, 8, 24


def frames(direction, rng, count=6):
    """Renders a square that moves left or right, cyclically.

    Its first place is uniformly random, so each frame by itself looks the
    same in both classes.

    Args:
        direction: One of `LABELS`.
        rng: A `numpy.random.Generator`.
        count: Number of frames.

    Returns:
        uint8 array `(count, 24, 24, 3)`.
    """
    top = rng.integers(2, _SIZE - _SIDE - 2)
    left, colour = rng.integers(_SIZE), rng.integers(120, 256, 3)
    background = rng.integers(0, 40)
    clip = np.full((count, _SIZE, _SIZE, 3), background, "uint8")
    sign = 1 if direction == "right" else -1
    for i, image in enumerate(clip):
        columns = left + sign * _STEP * i + np.arange(_SIDE)
        image[top : top + _SIDE, columns % _SIZE] = colour
    return clip


def gif(clip, **options):
    """Encodes frames as an animated GIF."""
    first, *others = map(PIL.Image.fromarray, clip)
    file = io.BytesIO()
    options = {"save_all": True, "append_images": others, **options}
    first.save(file, "GIF", **options)
    return file.getvalue()


def png(image):
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def array(clip):
    """Encodes frames as an `.npy` file."""
    file = io.BytesIO()
    np.save(file, clip)
    return file.getvalue()


def folder(path, clip):
    """Writes frames into a new folder, numbered without leading zeros."""
    path.mkdir(parents=True)
    for i, image in enumerate(clip):
        (path / f"frame {i}.png").write_bytes(png(image))
    return path


def lines(path, counts, seed=0):
    """Writes GIFs; returns the lines of a table about them.

    Args:
        path: Folder to write to.
        counts: Dict from splits to numbers of clips.
        seed: int.
    """
    table, rng = [], np.random.default_rng(seed)
    for split, count in counts.items():
        for i in range(count):
            label = LABELS[i % 2]
            name = f"{split}-{i}.gif"
            (path / name).write_bytes(gif(frames(label, rng)))
            table.append({"video": name, "label": label, "split": split})
    return table
