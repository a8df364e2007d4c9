"""Random changes to images and sounds that leave what they mean true."""

import keras
import numpy as np


def augment(flip=True, crop=0.1, brightness=0.1, contrast=0.1, seed=None):
    """Makes a model that changes each image of a batch at random.

    It is applied after batching, to pixels in [0, 1], and does nothing
    outside training. It has no weights to learn. It may stand before a model
    and, on the TensorFlow backend, in `dataset.map`.

    Args:
        flip: Whether to exchange left and right in half of the images.
            Turn it off where captions speak of left and right, or images
            show text.
        crop: Part of height and width, in [0, 1), that may be cut away. The
            rest, anywhere in the image, fills it; if it reaches beyond an
            edge, it is mirrored there.
        brightness: Most that is added to or taken from all pixels, in [0, 1).
        contrast: Most by which differences from the mean are scaled up or
            down, in [0, 1).
        seed: Integer, for the same changes again; None draws one.

    Returns:
        A `keras.Sequential` from pixels to pixels, float32 of shape
        `(batch, height, width, 3)` and in [0, 1].

    Raises:
        ValueError: If an amount is not in its range.

    Example:

    >>> change = augment(crop=0.2)
    >>> pixels = change(pixels, training=True)
    """
    amounts = {"crop": crop, "brightness": brightness, "contrast": contrast}
    for name, amount in amounts.items():
        if not 0 <= amount < 1:
            raise ValueError(
                f"`{name}` must be in [0, 1). Received: {name}={amount}"
            )
    seeds = iter(range(seed, seed + 5)) if seed is not None else iter(())

    def options(name):
        return {"name": name, "seed": next(seeds, None), "dtype": "float32"}

    layers = keras.layers
    changes = []
    if flip:
        changes.append(layers.RandomFlip("horizontal", **options("flip")))
    if crop:
        place = layers.RandomTranslation(crop / 2, crop / 2, **options("place"))
        size = layers.RandomZoom((-crop, 0.0), **options("size"))
        changes += [place, size]
    if brightness:
        changes.append(
            layers.RandomBrightness(
                brightness, value_range=(0, 1), **options("brightness")
            )
        )
    if contrast:
        changes.append(
            layers.RandomContrast(
                contrast, value_range=(0, 1), **options("contrast")
            )
        )
    if not changes:
        changes.append(layers.Identity(name="unchanged", dtype="float32"))
    return keras.Sequential(changes, name="augment")


def sounds(samples, draw, gain=6.0, shift=0.1, noise=30.0):
    """Changes each sound of a batch at random: loudness, place, noise.

    Zeros at the end are padding, and remain zeros.

    Args:
        samples: Array of shape `(batch, samples)`, in [-1, 1].
        draw: A `numpy.random.Generator`.
        gain: float. Most decibels by which a sound gets louder or softer;
            louder ones are cut at 1.
        shift: float in [0, 1). Most by which a sound comes earlier or later,
            in parts of the array; what falls off an end is lost.
        noise: float. Least decibels from white noise to the sound, which half
            of the sounds are given; the quietest noise is 30 decibels below
            that. `None` for no noise.

    Returns:
        Array of the same shape, float32.

    Raises:
        ValueError: If `gain` is negative or `shift` not in its range.
    """
    if gain < 0 or not 0 <= shift < 1:
        raise ValueError(
            "`gain` must be at least 0 and `shift` in [0, 1). Received: "
            f"gain={gain}, shift={shift}"
        )
    count, size = samples.shape
    place = np.arange(size)
    ends = ((samples != 0) * (place + 1)).max(axis=1)
    most = int(shift * size)
    moves = draw.integers(-most, most + 1, count)
    source = place - moves[:, None]
    known = (source >= 0) & (source < size)
    x = np.take_along_axis(samples, np.clip(source, 0, size - 1), axis=1)
    x = np.where(known, x, 0).astype("float32")
    x *= 10 ** (draw.uniform(-gain, gain, (count, 1)) / 20)
    if noise is not None:
        power = np.sum(x**2, axis=1) / np.maximum(ends, 1)
        ratio = draw.uniform(noise, noise + 30, count)
        noisy = draw.random(count) < 0.5
        loud = np.sqrt(noisy * power * 10 ** (-ratio / 10)).astype("float32")
        hiss = draw.standard_normal(x.shape, "float32") * loud[:, None]
        x += np.where(place < (ends + moves)[:, None], hiss, 0)
    return np.clip(x, -1, 1).astype("float32")
