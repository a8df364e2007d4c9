"""Random changes to images and audio that keep their labels valid."""

import keras
import numpy as np

# Options of `augment_audio` after which all that is spoken is still there.
SPEECH = {"gain": 0.0, "shift": 0.0, "noise": None, "speed": 0.1}
_MULTIPLE = 1600  # Of samples of a batch, to limit the number of sizes.


def augment(flip=True, crop=0.1, brightness=0.1, contrast=0.1, seed=None):
    """Makes a model that changes each image of a batch at random.

    It is applied after batching, to pixels in [0, 1], and does nothing
    outside training. It has no trainable weights. It can be applied before a
    model and, on the TensorFlow backend, in `dataset.map`.

    Args:
        flip: Whether to exchange left and right in half of the images.
            Turn it off if captions mention left and right, or images show
            text.
        crop: Maximum fraction of height and width, in [0, 1), that is cut
            away. The rest, anywhere in the image, is enlarged to its size; a
            part beyond an edge is filled by reflection.
        brightness: Maximum that is added to or subtracted from all pixels, in
            [0, 1).
        contrast: Maximum by which differences from the mean are scaled up or
            down, in [0, 1).
        seed: Integer, for reproducible changes; None for a random seed.

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
        shift = layers.RandomTranslation(crop / 2, crop / 2, **options("place"))
        zoom = layers.RandomZoom((-crop, 0.0), **options("size"))
        changes += [shift, zoom]
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


def augment_audio(samples, rng, gain=6.0, shift=0.1, noise=30.0, speed=0.0):
    """Changes each waveform of a batch at random: loudness, time, noise, speed.

    Zeros at the end are padding, and remain zeros.

    Args:
        samples: Array of shape `(batch, samples)`, in [-1, 1].
        rng: A `numpy.random.Generator`.
        gain: float. Maximum change of loudness, in decibels; the result is
            clipped to [-1, 1].
        shift: float in [0, 1). Maximum shift in time, as a fraction of the
            array's length; samples beyond an end are lost.
        noise: float. Minimum signal-to-noise ratio, in decibels, of the white
            noise that is added to half of the waveforms; the maximum is 30
            decibels higher. `None` for no noise.
        speed: float in [0, 1). Maximum change of speed, and of pitch, as a
            fraction: 0.1 for 0.9 to 1.1 times as fast.

    Returns:
        Array of the same shape, float32; with `speed`, of as many samples as
        the longest waveform has, rounded up to a multiple of 1600.

    Raises:
        ValueError: If `gain` is negative, or `shift` or `speed` not in its
            range.
    """
    if gain < 0 or not 0 <= shift < 1 or not 0 <= speed < 1:
        raise ValueError(
            "`gain` must be at least 0, `shift` and `speed` in [0, 1). "
            f"Received: gain={gain}, shift={shift}, speed={speed}"
        )
    if speed:
        samples = _change_speed(
            samples, rng.uniform(-speed, speed, len(samples))
        )
    if not shift and not gain and noise is None:
        return np.float32(samples)
    count, size = samples.shape
    index = np.arange(size)
    ends = ((samples != 0) * (index + 1)).max(axis=1)
    max_shift = int(shift * size)
    shifts = rng.integers(-max_shift, max_shift + 1, count)
    source = index - shifts[:, None]
    in_range = (source >= 0) & (source < size)
    x = np.take_along_axis(samples, np.clip(source, 0, size - 1), axis=1)
    x = np.where(in_range, x, 0).astype("float32")
    x *= 10 ** (rng.uniform(-gain, gain, (count, 1)) / 20)
    if noise is not None:
        power = np.sum(x**2, axis=1) / np.maximum(ends, 1)
        ratio = rng.uniform(noise, noise + 30, count)
        has_noise = rng.random(count) < 0.5
        scale = np.sqrt(has_noise * power * 10 ** (-ratio / 10))
        white = rng.standard_normal(x.shape, "float32")
        white *= scale.astype("float32")[:, None]
        x += np.where(index < (ends + shifts)[:, None], white, 0)
    return np.clip(x, -1, 1).astype("float32")


def _change_speed(samples, changes):
    """Plays waveforms `1 + change` times as fast, by linear interpolation."""
    index = np.arange(samples.shape[1])
    ends = ((samples != 0) * (index + 1)).max(axis=1)
    lengths = (ends / (1 + changes)).astype(int)
    size = -(-max(lengths.max(), 1) // _MULTIPLE) * _MULTIPLE
    x = np.zeros((len(samples), size), "float32")
    for i, (end, length) in enumerate(zip(ends, lengths)):
        if length:
            places = np.arange(length) * (1 + changes[i])
            x[i, :length] = np.interp(places, index[:end], samples[i, :end])
    return x
