"""An image branch on several crops of an image."""

import keras

from mmkeras import layers
from mmkeras.branches.video import each_frame

_FROZEN = 6  # Crops of a frozen branch, which are encoded once.


def mean_of_each(image, count=0, name="image_encoder"):
    """The mean of the regions of each crop, as an image branch encodes it.

    Args:
        image: Image branch, from `(batch, height, width, channels)` to
            `(batch, regions, dim)`.
        count: int. Number of crops, see `layers.ImageCrops`; 0 for 6 of a
            frozen branch, and 1 of one that is trained, which is run once per
            crop.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` to
        `(batch, count, dim)`; with a single crop, the image branch itself.

    Raises:
        ValueError: If there is no such number of crops.
    """
    if count == 0:
        count = 1 if image.trainable_weights else _FROZEN
    crops = layers.ImageCrops(count, name="crops")
    if count == 1:
        return image
    pixels = keras.Input(image.input_shape[1:], name="pixels")
    x = each_frame(image, count)(crops(pixels))
    return keras.Model(pixels, x, name=name)


def one_in_training(branch, pixels):
    """Calls a branch; in training, all of its steps are one random crop.

    Args:
        branch: Image branch, or what `mean_of_each` made of it.
        pixels: Symbolic tensor of images.

    Returns:
        Symbolic tensor `(batch, regions, dim)`.
    """
    x = branch(pixels)
    has_crops = any(isinstance(x, layers.ImageCrops) for x in branch.layers)
    return layers.RandomStep(name="one_crop")(x) if has_crops else x
