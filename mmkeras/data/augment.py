"""Random changes to pictures that leave their captions true."""

import keras


def augment(flip=True, crop=0.1, brightness=0.1, contrast=0.1, seed=None):
    """Makes a model that changes each picture of a batch at random.

    It is applied after batching, to pixels in [0, 1], and does nothing
    outside training. It has no weights to learn. It may stand before a model
    and, on the TensorFlow backend, in `dataset.map`.

    Args:
        flip: Whether to exchange left and right in half of the pictures.
            Turn it off where captions speak of left and right, or pictures
            show text.
        crop: Part of height and width, in [0, 1), that may be cut away. The
            rest, anywhere in the picture, fills it; if it reaches beyond an
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
                f"`{name}` is in [0, 1). Received: {name}={amount}"
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
