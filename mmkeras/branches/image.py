"""Branches that encode images.

All take pixels in [0, 1] and return regions in row-major order.
"""

import difflib
import inspect
import os

import keras

from mmkeras import arguments
from mmkeras.branches import image_text
from mmkeras.branches.image_transformer import transformer as transformer
from mmkeras.branches.parts import call
from mmkeras.branches.parts import single_input
from mmkeras.branches.parts import split
from mmkeras.branches.presets import load_backbone
from mmkeras.branches.presets import load_image_converter
from mmkeras.branches.weights import load_weights


def cnn(shape=(224, 224, 3), dim=512, depth=4, name="encoder"):
    """A plain stack of strided convolutions, trained from scratch.

    Args:
        shape: Tuple `(height, width, channels)` of one image.
        dim: int. Size of a region's features.
        depth: int. Number of convolutions; each halves height and width.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` pixels to
        `(batch, regions, dim)` features.
    """
    pixels = x = keras.Input(shape, name="pixels")
    for i in range(depth):
        last = i == depth - 1
        filters = dim if last else max(dim // 2 ** (depth - 1 - i), 8)
        x = _convolved(x, i, filters, strides=2)
    return keras.Model(pixels, _regions(x), name=name)


def cnn_flat(shape=(48, 48, 3), dim=128, name="encoder"):
    """A network for small, simple images, trained from scratch.

    Patches of 6 x 6 pixels, then two convolutions, each followed by pooling.
    The features are flattened into one region, so that a decoder that takes
    the mean of the regions keeps the positions.

    Args:
        shape: Tuple `(height, width, channels)` of one image.
        dim: int. Size of a position's features.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` pixels to
        `(batch, 1, positions * dim)` features; a position is 16 x 16 pixels.
    """
    pixels = keras.Input(shape, name="pixels")
    x = _convolved(pixels, 0, max(3 * dim // 8, 1), size=6, strides=4)
    for i, filters in enumerate((max(3 * dim // 4, 1), dim), 1):
        x = _convolved(x, i, filters)
        x = keras.layers.MaxPooling2D(padding="same", name=f"pool_{i}")(x)
    x = keras.layers.Reshape((1, -1), name="flat")(x)
    return keras.Model(pixels, x, name=name)


def application(
    network="MobileNetV2",
    shape=(224, 224, 3),
    weights="imagenet",
    trainable=False,
    pooled=False,
    stem=None,
    name="encoder",
):
    """Any network of `keras.applications`, without its classifier.

    Args:
        network: Name of the network, e.g. `"MobileNetV2"`.
        shape: Tuple `(height, width, channels)` of one image.
        weights: `"imagenet"` (downloaded), `None` (random), or a file; see
            `load_weights`.
        trainable: bool, or the name of a layer, e.g. `"block_13_expand"`.
            Whether to fine-tune the network, or from which layer on: earlier
            layers stay frozen and can be computed once. With pretrained
            weights, batch normalisation stays in inference mode.
        pooled: bool. Whether to return the mean of the regions as one region.
        stem: Name of a layer of a frozen network; earlier layers are computed
            separately, and their outputs can be cached for a branch that is
            fine-tuned from there.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` pixels to
        `(batch, regions, dim)` features. If the network is split, the layer
        `"frozen"` returns the output of the frozen part.

    Raises:
        ValueError: If `keras.applications` has no such network, or the
            network no such layer, or cannot be split before it; or if `stem`
            and `trainable` are both given.
    """
    if stem and trainable:
        raise ValueError(
            "`stem` and `trainable` both choose where the network is split; "
            f"pass only one. Received: stem={stem!r}, trainable={trainable!r}"
        )
    build, preprocess = _find(network)
    built_in = weights if weights in (None, "imagenet") else None
    net = build(input_shape=shape, weights=built_in, include_top=False)
    if weights != built_in:
        load_weights(net, weights)
    net.trainable = bool(trainable)
    if weights is not None:
        _freeze_norms(net)
    pixels = keras.Input(shape, name="pixels")
    x = keras.layers.Rescaling(255.0, name="bytes")(pixels)
    x = preprocess(x)
    at = trainable if isinstance(trainable, str) else stem
    if at:
        start, net = split(net, at)
        x = keras.layers.Identity(name="frozen")(start(x))
    x = net(x)
    if pooled:
        x = keras.layers.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    return keras.Model(pixels, _regions(x), name=name)


def hub(
    backbone,
    weights=None,
    trainable=False,
    shape=None,
    pooled=False,
    name="encoder",
):
    """Any image backbone of KerasHub.

    Args:
        backbone: A KerasHub backbone, built, or the name, handle or local
            folder of a preset, read by `from_preset`.
        weights: File of weights, or `None`; see `load_weights`.
        trainable: bool, or the name of a layer. Whether to fine-tune the
            backbone, or from which layer on; see `application`.
        shape: Tuple `(height, width, channels)` of one image. By default that
            of the backbone.
        pooled: bool. Of the image encoder of CLIP or SigLIP: whether to
            return the embedding of the image alone; see `image_text.image`.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` pixels to
        `(batch, regions, dim)` features. A preset's scale and offset of
        pixels are included; a backbone without them gets pixels in [0, 255].

    Raises:
        ValueError: If the backbone does not take one image, has no such layer,
            or cannot be split before it.
    """
    scale, offset = 255.0, 0.0
    is_preset = isinstance(backbone, (str, os.PathLike))
    if is_preset:
        preset = str(backbone)
        backbone = load_backbone(preset)
        scale, offset = pixel_scale(load_image_converter(preset))
    if weights is not None:
        load_weights(backbone, weights)
    if image_text.is_pair(backbone):
        return image_text.image(
            backbone, scale, offset, trainable, pooled, shape, name
        )
    backbone.trainable = bool(trainable)
    if is_preset or weights is not None:
        _freeze_norms(backbone)
    expected = getattr(single_input(backbone), "shape", ())[1:]
    if len(expected) != 3:
        raise ValueError(
            "`backbone` must be an image backbone with one input of shape "
            "(batch, height, width, channels). Received: "
            f"{type(backbone).__name__} with {backbone.input}"
        )
    pixels = keras.Input(shape or expected, name="pixels")
    x = keras.layers.Rescaling(scale, offset, name="bytes")(pixels)
    if isinstance(trainable, str):
        start, backbone = split(backbone, trainable)
        x = keras.layers.Identity(name="frozen")(call(start, x))
    x = call(backbone, x)
    if isinstance(x, dict):  # Of several stages, the last one.
        x = min(x.values(), key=lambda part: (part.shape[1], -part.shape[-1]))
    return keras.Model(pixels, _regions(x), name=name)


def preset_size(preset):
    """Finds the size of images that a preset of KerasHub expects.

    Args:
        preset: Name, handle or local folder of a preset.

    Returns:
        int, height and width in pixels; or `None` if it does not say.
    """
    converter = load_image_converter(preset)
    size = getattr(converter, "image_size", None)
    return size[0] if isinstance(size, (list, tuple)) else size


def pixel_scale(converter):
    """The scale and offset that an image converter applies to pixels.

    Args:
        converter: A `keras_hub.layers.ImageConverter`, or `None`.

    Returns:
        Tuple of the factor of pixels in [0, 1], and what is added; each a
        number or one per channel.
    """
    if converter is None:
        return 255.0, 0.0
    scale = 1.0 if converter.scale is None else converter.scale
    scale = keras.tree.map_structure(lambda s: 255.0 * s, scale)
    return scale, 0.0 if converter.offset is None else converter.offset


def vit(
    shape=(224, 224, 3),
    dim=256,
    depth=6,
    heads=8,
    patch=16,
    dropout=0.1,
    name="encoder",
):
    """A Vision Transformer from KerasHub, trained from scratch.

    Args:
        shape: Tuple `(height, width, channels)`; `patch` divides both sides.
        dim: int. Size of a region's features.
        depth: int. Number of Transformer blocks.
        heads: int. Attention heads; divides `dim`.
        patch: int. Side of a patch, in pixels.
        dropout: float in [0, 1).
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` pixels to
        `(batch, 1 + patches, dim)` features, the class token first.

    Raises:
        ValueError: If `heads` does not divide `dim`, or `patch` not the sides.

    Reference:
        [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929)
    """
    import keras_hub  # Late: it takes half a second.

    arguments.check_heads(dim, heads)
    arguments.check_patch(patch, shape)
    backbone = keras_hub.models.ViTBackbone(
        image_shape=shape,
        patch_size=patch,
        num_layers=depth,
        num_heads=heads,
        hidden_dim=dim,
        mlp_dim=4 * dim,
        dropout_rate=dropout,
        name="vit",
    )
    pixels = keras.Input(shape, name="pixels")
    x = keras.layers.Rescaling(2.0, -1.0, name="centred")(pixels)
    return keras.Model(pixels, backbone(x), name=name)


def _freeze_norms(net):
    """Freezes batch normalisation: a few images estimate statistics badly."""
    for layer in net._flatten_layers():  # Also those within blocks.
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _convolved(x, number, filters, size=3, strides=1):
    """Convolution, batch normalisation and ReLU."""
    x = keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        name=f"conv_{number}",
    )(x)
    x = keras.layers.BatchNormalization(name=f"norm_{number}")(x)
    return keras.layers.Activation("relu", name=f"relu_{number}")(x)


def _regions(x):
    if len(x.shape) == 3:
        return x
    return keras.layers.Reshape((-1, x.shape[-1]), name="regions")(x)


def _find(network):
    """Returns a network's function and its preprocessing."""
    names = {
        name.lower(): name
        for name, value in vars(keras.applications).items()
        if inspect.isfunction(value)
    }
    if network not in names.values():
        close = difflib.get_close_matches(network.lower(), names, n=1)
        hint = f" Did you mean {names[close[0]]!r}?" if close else ""
        raise ValueError(
            "`network` must be one of `keras.applications`, e.g. "
            f"'MobileNetV2'. Received: network={network!r}.{hint}"
        )
    build = getattr(keras.applications, network)
    home = build.__module__.split(".")[-1]
    return build, getattr(keras.applications, home).preprocess_input
