"""An image branch on several crops of an image."""

import keras

from mmkeras import layers
from mmkeras.branches.video import each_frame


def mean_of_each(image, count=6, name="image_encoder"):
    """The mean of the regions of each crop, as an image branch encodes it.

    Args:
        image: Image branch, from `(batch, height, width, channels)` to
            `(batch, regions, dim)`.
        count: int. Number of crops, see `layers.ImageCrops`.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` to
        `(batch, count, dim)`; with a single crop, the image branch itself.

    Raises:
        ValueError: If there is no such number of crops.
    """
    crops = layers.ImageCrops(count, name="crops")
    if count == 1:
        return image
    pixels = keras.Input(image.input_shape[1:], name="pixels")
    x = each_frame(image, count)(crops(pixels))
    return keras.Model(pixels, x, name=name)


def encode(image, pixels, count=1):
    """Encodes crops by an image branch; in training, a random one.

    Args:
        image: As of `mean_of_each`.
        pixels: Symbolic tensor of images.
        count: As of `mean_of_each`.

    Returns:
        Symbolic tensor `(batch, count, dim)`, in training the same crop
        `count` times; with a single crop, `(batch, regions, dim)`.

    Raises:
        ValueError: If there is no such number of crops.
    """
    branch = mean_of_each(image, count)
    x = branch(pixels)
    return x if branch is image else layers.RandomStep(name="one_crop")(x)
