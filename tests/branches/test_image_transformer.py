"""Transformer blocks over the regions of another branch of images."""

import keras
import numpy as np
import pytest
from checks import check_saves
from checks import numpy
from checks import randomize

from mmkeras import branches
from mmkeras.tasks import frozen_parts

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(2, 8, 8, 3)).astype("float32")


def network(trainable=True, cut=False):
    """A network with a layer that is frozen, or at which it is split."""
    pixels = keras.Input((8, 8, 3), name="pixels")
    x = keras.layers.Conv2D(5, 4, strides=4, name="first")(pixels)
    if cut:
        x = keras.layers.Identity(name="frozen")(x)
    x = keras.layers.Conv2D(6, 1, name="second")(x)
    x = keras.layers.Reshape((4, 6), name="regions")(x)
    model = randomize(keras.Model(pixels, x, name="network"))
    model.trainable = trainable
    if cut:
        model.get_layer("first").trainable = False
    return model


def whole(branch):
    """A model of one branch, as those of the zoo."""
    x = keras.Input((8, 8, 3), name="image")
    return keras.Model({"image": x}, branch(x), name="whole")


def build(encoder, **options):
    options = {"dim": 8, "heads": 2, "name": "image_encoder", **options}
    return branches.image.transformer(encoder, **options)


def norm(x, layer):
    gamma, beta = map(numpy, layer.weights)
    x = x - x.mean(-1, keepdims=True)
    return gamma * x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-3) + beta


def test_without_blocks_it_equals_its_formula():
    encoder = network()
    branch = randomize(build(encoder, depth=0))
    layer = branch.get_layer
    x = norm(numpy(encoder(X)), layer("norm_regions"))
    kernel, bias = map(numpy, layer("project").weights)
    [positions] = map(numpy, layer("positions").weights)
    x = norm(x @ kernel + bias + positions, layer("norm"))
    np.testing.assert_allclose(numpy(branch(X)), x, rtol=1e-3, atol=1e-4)


def test_regions_attend_to_each_other():
    branch = randomize(build(network()), scale=0.3)
    assert branch.output_shape == (None, 4, 8)
    changed = X.copy()
    changed[:, :4, :4] = 0  # The first region.
    difference = np.abs(numpy(branch(X)) - numpy(branch(changed))).max((0, 2))
    assert (difference > 1e-4).all()
    check_saves(branch, X, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "encoder, expected",
    [
        (network(trainable=False), (4, 6)),
        (network(cut=True), (2, 2, 5)),
        (network(), None),
    ],
)
def test_what_is_frozen_can_be_cached(encoder, expected):
    model = whole(build(encoder))
    part = frozen_parts.branches(model)["image"]
    if expected is None:
        assert part.frozen is None
        return
    assert part.frozen.output_shape[1:] == expected
    features = numpy(part.frozen(X))
    np.testing.assert_allclose(
        numpy(part.trained(features)),
        numpy(model({"image": X})),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    y = numpy(build(network())(X)).astype("float32")
    assert np.isfinite(y).all()


def test_other_networks_are_refused():
    x = keras.Input((None, None, 3), name="pixels")
    regions = keras.layers.Reshape((-1, 3))(x)
    with pytest.raises(ValueError, match="a fixed number of regions"):
        build(keras.Model(x, regions, name="any"))
    with pytest.raises(ValueError, match="heads"):
        build(network(), heads=3)
