"""Crops of images, and one of them at random."""

import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import numpy

from mmkeras import branches
from mmkeras import layers

IMAGES = np.random.default_rng(0).uniform(size=(2, 10, 20, 3))
IMAGES = IMAGES.astype("float32")


def test_crops_are_the_image_its_mirror_and_its_corners():
    crops = numpy(layers.ImageCrops(10)(IMAGES))
    assert crops.shape == (2, 10, 10, 20, 3)
    np.testing.assert_array_equal(crops[:, 0], IMAGES)
    np.testing.assert_array_equal(crops[:, 1], IMAGES[:, :, ::-1])
    corners = [IMAGES[:, i : i + 8, j : j + 16] for i in (0, 2) for j in (0, 4)]
    for number, corner in enumerate(corners, 2):
        resized = numpy(keras.ops.image.resize(corner, (10, 20)))
        if number in (3, 4):
            resized = resized[:, :, ::-1]
        np.testing.assert_allclose(crops[:, number], resized, atol=1e-6)
        np.testing.assert_allclose(
            crops[:, number + 4], resized[:, :, ::-1], atol=1e-6
        )
    for count in (1, 2, 6):
        fewer = numpy(layers.ImageCrops(count)(IMAGES))
        np.testing.assert_allclose(fewer, crops[:, :count], atol=1e-6)


def test_another_number_of_crops_is_refused():
    with pytest.raises(ValueError, match=r"1, 2, 6, 10. Received: count=5"):
        layers.ImageCrops(5)


def test_configs():
    check_config(layers.ImageCrops(2))
    check_config(layers.RandomStep(seed=3))


def test_one_step_at_random_in_training_only():
    x = np.arange(24, dtype="float32").reshape(2, 4, 3)
    layer = layers.RandomStep(seed=0)
    np.testing.assert_array_equal(numpy(layer(x)), x)
    seen = set()
    for _ in range(40):
        y = numpy(layer(x, training=True))
        assert y.shape == x.shape and (y == y[:, :1]).all()
        for i in range(2):
            matches = (x[i] == y[i, 0]).all(-1)
            assert matches.sum() == 1
            seen.add((i, int(matches.argmax())))
    assert len(seen) == 8


def encoder():
    return branches.image.cnn((10, 20, 3), 4, name="image_encoder")


def test_a_branch_of_crops_is_the_mean_of_each():
    image = encoder()
    branch = branches.crops.mean_of_each(image, 6)
    crops = numpy(layers.ImageCrops(6)(IMAGES))
    expected = [numpy(image(crops[:, i])).mean(1) for i in range(6)]
    actual = numpy(branch(IMAGES))
    np.testing.assert_allclose(
        actual, np.stack(expected, 1), rtol=1e-4, atol=1e-5
    )
    check_saves(branch, IMAGES)


def test_a_single_crop_is_the_branch_itself():
    image = encoder()
    assert branches.crops.mean_of_each(image, 1) is image
    with pytest.raises(ValueError, match="Received: count=3"):
        branches.crops.mean_of_each(image, 3)
