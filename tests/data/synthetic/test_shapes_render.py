import dataclasses
import itertools

import numpy as np
import pytest

from mmkeras.data.synthetic import shapes


def alone(shape="circle", colour="red", seed=0, **place):
    thing = shapes.Thing(colour, shape, **{"x": 0.5, "y": 0.5, **place})
    return shapes.Scene((thing,), seed)


def change(scene, size=64):
    """What a scene's things change in its image: ground and noise go."""
    bare = dataclasses.replace(scene, things=())
    image = shapes.render(scene, size).astype(float)
    return image - shapes.render(bare, size)


def test_shows_each_colour_at_its_centre():
    for scene in shapes.scenes("test", 100) + shapes.scenes("train", 100):
        image = shapes.render(scene).astype(float)
        for thing in scene.things:
            seen = image[int(64 * thing.y), int(64 * thing.x)]
            wanted = thing.light * np.array(shapes.COLOURS[thing.colour])
            assert abs(seen - wanted).max() < 20, (scene, thing)


def test_changes_nothing_away_from_the_thing():
    for scene in shapes.scenes("train", 100):
        far = np.ones((64, 64), bool)
        y, x = (np.mgrid[:64, :64] + 0.5) / 64
        for thing in scene.things:
            away = np.hypot(x - thing.x, y - thing.y)
            far &= away > 1.25 * thing.radius + 1 / 64
        changed = abs(change(scene)).max(-1) > 0
        assert not (changed & far).any()
        assert changed.sum() > 50


@pytest.mark.parametrize("shape", shapes.SHAPES)
@pytest.mark.parametrize("angle", [0.0, 0.14])
def test_is_antialiased(shape, angle):
    scene = alone(shape, "white", x=0.43, y=0.56, angle=angle)
    small = change(scene, 64)
    large = change(scene, 512).reshape(64, 8, 64, 8, 3).mean((1, 3))
    assert abs(small - large).mean() < 0.3
    assert abs(small - large).max() < 75  # A hard edge errs by 83 at least.
    steps = np.unique(small[..., 0])
    assert len(steps) > 12


def test_shapes_differ():
    images = [abs(change(alone(shape))).max(-1) for shape in shapes.SHAPES]
    for one, other in itertools.combinations(images, 2):
        differ = ((one > 60) != (other > 60)).sum()
        assert differ > 0.15 * min((one > 60).sum(), (other > 60).sum())


def test_up_is_up():
    shown = abs(change(alone("triangle"))).sum(-1)
    assert shown[:32].sum() < 0.6 * shown[32:].sum()  # It stands on its base.
    shown = abs(change(alone("circle", x=0.2, y=0.3))).sum(-1)
    down, across = np.average(np.mgrid[:64, :64] + 0.5, (1, 2), [shown] * 2)
    assert np.allclose([across, down], [0.2 * 64, 0.3 * 64], atol=0.3)


def test_light_darkens():
    bright, dim = alone("square", light=1.0), alone("square", light=0.75)
    ratio = shapes.render(dim)[32, 32, 0] / shapes.render(bright)[32, 32, 0]
    assert 0.7 < ratio < 0.8


def test_grounds_vary_and_never_hide_a_thing():
    corners = []
    for seed in range(60):
        image = shapes.render(alone(seed=seed)).astype(float)
        corners.append(image[2:6, 2:6].mean((0, 1)))
        for colour in shapes.COLOURS:
            thing = change(alone("circle", colour, seed, light=0.75))
            assert abs(thing[30:34, 30:34]).mean((0, 1)).max() > 40, colour
    assert np.std(corners, axis=0).min() > 15


def test_same_scene_same_image():
    first, second = shapes.scenes("val", 2)
    assert np.array_equal(shapes.render(first), shapes.render(first))
    other = dataclasses.replace(first, seed=second.seed)
    assert not np.array_equal(shapes.render(first), shapes.render(other))
    image = shapes.render(first, size=40)
    assert image.shape == (40, 40, 3)
    assert image.dtype == "uint8"


def test_a_thing_may_hang_over_the_edge():
    image = shapes.render(alone("square", x=0.0, y=1.0, radius=0.3))
    assert image[62, 1, 0] > 180


def test_refuses_a_tiny_image():
    with pytest.raises(ValueError, match="at least 8 pixels.*size=4"):
        shapes.render(alone(), size=4)
