"""The pretrained image network of a configuration."""

import pathlib

from mmkeras import branches

_PREFIX = "application"
_NETWORK = "MobileNetV2"
IMAGENET = "imagenet"


def parse(text):
    """Splits the name of a pretrained image network.

    Args:
        text: `"application:NETWORK:WEIGHTS"` with the name of a network of
            `keras.applications`; or `"WEIGHTS"` alone, for MobileNetV2.
            WEIGHTS is a file, or `"imagenet"` to download them.

    Returns:
        Tuple of the network's name and its weights.

    Raises:
        ValueError: If there is no network or no weights.
    """
    if not text.startswith(f"{_PREFIX}:"):
        network, weights = _NETWORK, text
    else:
        _, network, weights = [*text.split(":", 2), ""][:3]
    if not network or not weights:
        raise ValueError(
            "`model.image` must be the weights of a pretrained image network: "
            "a file, or 'imagenet', or application:NETWORK:WEIGHTS with a name "
            "of keras.applications, e.g. application:MobileNetV2:imagenet. "
            f"Received: model.image={text}"
        )
    return network, weights


def of(recipe):
    """The network and weights in a recipe, or `None`.

    Args:
        recipe: A `recipes.Recipe`.
    """
    image = recipe.model.get("image")
    return parse(image) if isinstance(image, str) else None


def file_of(recipe):
    """Path of the file of weights in a recipe, or `None`."""
    network = of(recipe)
    if network is None or network[1] == IMAGENET:
        return None
    return network[1]


def portable(text):
    """Reduces the path in the name of a network to its last part."""
    prefix, _, weights = text.rpartition(":")
    name = pathlib.PurePath(weights).name
    return f"{prefix}:{name}" if prefix else name


def branch(network, size, recipe):
    """Builds the image branch of a pretrained network.

    Args:
        network: Tuple as of `parse`.
        size: int. Height and width of the images in pixels.
        recipe: A `recipes.Recipe`.

    Returns:
        A `keras.Model`.
    """
    name, weights = network
    tune = True if recipe.fine_tune == "all" else recipe.fine_tune or False
    return branches.image.application(
        name,
        (size, size, 3),
        weights,
        tune,
        recipe.pool_image,
        recipe.cache_at,
    )
