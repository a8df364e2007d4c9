"""JPEG files to read, from Flickr8k or rendered."""

import os
import pathlib
import shutil

import numpy as np
import PIL.Image


def kinds():
    """Lists the available kinds of images, real ones first."""
    home = os.environ.get("MMKERAS_DATA")
    real = home and (pathlib.Path(home) / "flickr8k").is_dir()
    return ["flickr8k", "rendered"] if real else ["rendered"]


def gather(kind, count, folder):
    """Fills a folder with JPEG files.

    Args:
        kind: `"flickr8k"`, copies of the first images of its training
            split, or `"rendered"`, see `render`.
        count: int. Number of images.
        folder: Path of an empty folder.

    Returns:
        List of rows, as from the data sets of mmkeras.

    Raises:
        ValueError: If the kind is unknown or has too few images.
    """
    if kind == "flickr8k":
        from mmkeras.data.datasets import flickr8k

        for row in flickr8k.rows("train")[:count]:
            shutil.copy(row["image"], folder)
    elif kind == "rendered":
        rng = np.random.default_rng(0)
        for i in range(count):
            path = folder / f"{i:05d}.jpg"
            PIL.Image.fromarray(render(rng)).save(path, quality=90)
    else:
        raise ValueError(f"Known: flickr8k, rendered. Received: {kind}")
    paths = sorted(folder.iterdir())
    if len(paths) < count:
        raise ValueError(f"{kind} has {len(paths)} of {count} images.")
    return [
        {"id": path.name, "image": str(path), "captions": ["an image"]}
        for path in paths
    ]


def render(rng, height=375, width=500):
    """Renders an image as hard to compress as a photograph.

    Args:
        rng: A NumPy generator.
        height: int. In pixels.
        width: int. In pixels.

    Returns:
        uint8 array of shape `(height, width, 3)`: noise of four sizes, the
        coarsest the strongest, and fine grain.
    """
    whole = np.full((height, width, 3), 128.0)
    for cell, strength in ((125, 45), (32, 25), (8, 14), (3, 8)):
        shape = (height // cell + 2, width // cell + 2, 3)
        noise = 128 + strength * rng.normal(size=shape)
        small = PIL.Image.fromarray(noise.clip(0, 255).astype("uint8"))
        large = small.resize((width, height), PIL.Image.Resampling.BICUBIC)
        whole += np.asarray(large) - 128.0
    whole += 4 * rng.normal(size=(height, width, 1))
    return whole.clip(0, 255).astype("uint8")
