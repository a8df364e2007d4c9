"""Six ways to read the same JPEG files in batches of one size.

Each is a function from rows, a size (height and width) and a batch size to a
function that yields one epoch of NumPy arrays `(batch, height, width, 3)`.
All are uint8 except those of `keras_directory` and of `cached`, which are
float32.
"""

import os
import pathlib

import numpy as np
import PIL.Image


def uncached(rows, size, batch_size):
    """Reads with mmkeras without a cache: `cache.batches`."""
    from mmkeras.data import cache
    from mmkeras.data.codecs import Image

    codec, files = Image(size), [row["image"] for row in rows]

    def read():
        for pixels, _ in cache.batches(files, codec, batch_size=batch_size):
            yield pixels

    return read


def dataset(rows, size, batch_size):
    """Reads with mmkeras: `examples.load`, and the codec in `tf.data`."""
    import tensorflow as tf

    from mmkeras.data import examples
    from mmkeras.data.codecs import Image

    codec = Image(size)
    dataset = examples.load(rows).map(
        lambda example: codec(example["image"]),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    dataset = dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    return dataset.as_numpy_iterator


def cached(rows, size, batch_size, folder):
    """Reads images that mmkeras decoded once, as in training.

    Args:
        rows: Rows of a data set.
        size: Height and width.
        batch_size: int.
        folder: Folder of the cache, which is built before this returns.

    Returns:
        A function that yields one shuffled epoch, as in training.
    """
    import mmkeras
    from mmkeras import tasks
    from mmkeras.data import batches
    from mmkeras.data import codecs
    from mmkeras.training import engine

    os.environ["MMKERAS_CACHE"] = str(folder)
    model = mmkeras.build_model(
        "classify-image-cnn", num_classes=2, image_shape=(*size, 3), dim=8
    )
    label = codecs.Labels(["a", "b"])
    task = tasks.Classify(model, {"image": codecs.Image(size), "label": label})
    rows = [{**row, "label": "a"} for row in rows]
    examples = engine.Examples(task, rows)
    batching = batches.Batching(batch_size)
    dataset = batches.training(examples, batching, epochs=1)
    dataset = dataset.map(lambda x, *_: x["image"])
    return dataset.as_numpy_iterator


def keras_directory(rows, size, batch_size):
    """Reads with `keras.utils.image_dataset_from_directory`."""
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        pathlib.Path(rows[0]["image"]).parent,
        labels=None,
        image_size=size,
        batch_size=batch_size,
        shuffle=False,
        verbose=False,
    )
    return dataset.as_numpy_iterator


def torch_loader(rows, size, batch_size, workers):
    """Reads with a torch `DataLoader` whose workers use PIL.

    The workers are kept between epochs, so that no round includes their start.
    """
    import torch

    loader = torch.utils.data.DataLoader(
        Files([row["image"] for row in rows], size),
        batch_size=batch_size,
        num_workers=workers,
        persistent_workers=workers > 0,
    )

    def read():
        for batch in loader:
            yield batch.numpy()

    return read


def pil_loop(rows, size, batch_size):
    """Reads with PIL, one image after the other."""

    def read():
        for start in range(0, len(rows), batch_size):
            part = rows[start : start + batch_size]
            yield np.stack([_decode(row["image"], size) for row in part])

    return read


class Files:
    """Files as a torch data set: images of one size.

    Args:
        paths: List of paths.
        size: Height and width.
    """

    def __init__(self, paths, size):
        self.paths = paths
        self.size = size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return _decode(self.paths[index], self.size)


def _decode(path, size):
    """Decodes and resizes like the loader and `Resize` of torchvision."""
    with PIL.Image.open(path) as image:
        image = image.convert("RGB")
    resized = image.resize(size[::-1], PIL.Image.Resampling.BILINEAR)
    return np.array(resized)
