import dataclasses
import itertools

import numpy as np
import pytest

from mmkeras.data.synthetic import shapes


def single(kind="circle", colour="red", seed=0, **place):
    shape = shapes.Shape(colour, kind, **{"x": 0.5, "y": 0.5, **place})
    return shapes.Scene((shape,), seed)


def change(scene, size=64):
    """Returns the image of the shapes of a scene, without ground and noise."""
    empty = dataclasses.replace(scene, shapes=())
    image = shapes.render(scene, size).astype(float)
    return image - shapes.render(empty, size)


def test_shows_each_colour_at_its_centre():
    for scene in shapes.scenes("test", 100) + shapes.scenes("train", 100):
        image = shapes.render(scene).astype(float)
        for shape in scene.shapes:
            pixel = image[int(64 * shape.y), int(64 * shape.x)]
            expected = shape.light * np.array(shapes.COLOURS[shape.colour])
            assert abs(pixel - expected).max() < 20, (scene, shape)


def test_changes_nothing_outside_the_shape():
    for scene in shapes.scenes("train", 100):
        far = np.ones((64, 64), bool)
        y, x = (np.mgrid[:64, :64] + 0.5) / 64
        for shape in scene.shapes:
            distance = np.hypot(x - shape.x, y - shape.y)
            far &= distance > 1.25 * shape.radius + 1 / 64
        changed = abs(change(scene)).max(-1) > 0
        assert not (changed & far).any()
        assert changed.sum() > 50


@pytest.mark.parametrize("kind", shapes.SHAPES)
@pytest.mark.parametrize("angle", [0.0, 0.14])
def test_is_antialiased(kind, angle):
    scene = single(kind, "white", x=0.43, y=0.56, angle=angle)
    small = change(scene, 64)
    large = change(scene, 512).reshape(64, 8, 64, 8, 3).mean((1, 3))
    assert abs(small - large).mean() < 0.3
    assert abs(small - large).max() < 75  # A hard edge errs by 83 at least.
    steps = np.unique(small[..., 0])
    assert len(steps) > 12


def test_shapes_differ():
    images = [abs(change(single(kind))).max(-1) for kind in shapes.SHAPES]
    for one, other in itertools.combinations(images, 2):
        differ = ((one > 60) != (other > 60)).sum()
        assert differ > 0.15 * min((one > 60).sum(), (other > 60).sum())


def test_y_grows_downwards():
    difference = abs(change(single("triangle"))).sum(-1)
    assert (
        difference[:32].sum() < 0.6 * difference[32:].sum()
    )  # It stands on its base.
    difference = abs(change(single("circle", x=0.2, y=0.3))).sum(-1)
    down, across = np.average(
        np.mgrid[:64, :64] + 0.5, (1, 2), [difference] * 2
    )
    assert np.allclose([across, down], [0.2 * 64, 0.3 * 64], atol=0.3)


def test_light_darkens():
    bright, dim = single("square", light=1.0), single("square", light=0.75)
    ratio = shapes.render(dim)[32, 32, 0] / shapes.render(bright)[32, 32, 0]
    assert 0.7 < ratio < 0.8


def test_grounds_vary_and_never_hide_a_shape():
    corners = []
    for seed in range(60):
        image = shapes.render(single(seed=seed)).astype(float)
        corners.append(image[2:6, 2:6].mean((0, 1)))
        for colour in shapes.COLOURS:
            image = change(single("circle", colour, seed, light=0.75))
            assert abs(image[30:34, 30:34]).mean((0, 1)).max() > 40, colour
    assert np.std(corners, axis=0).min() > 15


def test_same_scene_same_image():
    first, second = shapes.scenes("val", 2)
    assert np.array_equal(shapes.render(first), shapes.render(first))
    other = dataclasses.replace(first, seed=second.seed)
    assert not np.array_equal(shapes.render(first), shapes.render(other))
    image = shapes.render(first, size=40)
    assert image.shape == (40, 40, 3)
    assert image.dtype == "uint8"


def test_a_shape_may_cross_the_edge():
    image = shapes.render(single("square", x=0.0, y=1.0, radius=0.3))
    assert image[62, 1, 0] > 180


def test_refuses_a_tiny_image():
    with pytest.raises(ValueError, match="at least 8 pixels.*size=4"):
        shapes.render(single(), size=4)
