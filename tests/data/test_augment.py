import keras
import numpy as np
import pictures
import pytest
import tensorflow as tf

from mmkeras.data.augment import augment

AMOUNTS = ("crop", "brightness", "contrast")
NOTHING = {"flip": False, "crop": 0, "brightness": 0, "contrast": 0}


@pytest.fixture
def pixels():
    one = pictures.ramp(20, 24).astype("float32") / 255
    return np.repeat(one[None], 32, 0)


def run(change, pixels, training=True):
    return keras.ops.convert_to_numpy(change(pixels, training=training))


def test_changes_each_picture_by_itself(pixels):
    changed = run(augment(seed=1), pixels)
    assert changed.shape == pixels.shape
    assert changed.dtype == np.float32
    assert 0 <= changed.min() and changed.max() <= 1
    assert len({picture.tobytes() for picture in changed}) == len(pixels)


def test_does_nothing_outside_training(pixels):
    np.testing.assert_array_equal(run(augment(), pixels, False), pixels)


def test_nothing_is_nothing(pixels):
    np.testing.assert_array_equal(run(augment(**NOTHING), pixels), pixels)


def test_flips_about_half(pixels):
    changed = run(augment(**{**NOTHING, "flip": True}, seed=3), pixels)
    mirrored = [np.array_equal(p, pixels[0, :, ::-1]) for p in changed]
    plain = [np.array_equal(p, pixels[0]) for p in changed]
    assert sum(mirrored) + sum(plain) == 32
    assert 6 < sum(mirrored) < 26


def test_crop_moves_and_enlarges_within_bounds(pixels):
    changed = run(augment(**{**NOTHING, "crop": 0.2}, seed=3), pixels)
    red = changed[..., 0]  # Grows by 3 / 255 a row.
    steps = np.diff(red[:, 5:15], axis=1).mean((1, 2)) * 255 / 3
    assert (0.78 < steps).all() and (steps < 1.01).all()
    assert steps.std() > 0.02
    shifts = (red[:, 10, 12] - pixels[0, 10, 12, 0]) * 255 / 3
    assert abs(shifts).max() <= 2.5
    assert shifts.std() > 0.3


def test_brightness_adds_at_most(pixels):
    pixels = pixels * 0.5 + 0.25
    changed = run(augment(**{**NOTHING, "brightness": 0.2}, seed=3), pixels)
    added = changed - pixels
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-5
    assert abs(added).max() <= 0.2001
    assert added.mean((1, 2, 3)).std() > 0.05


def test_contrast_scales_at_most(pixels):
    pixels = pixels * 0.5 + 0.25
    changed = run(augment(**{**NOTHING, "contrast": 0.2}, seed=3), pixels)
    scales = np.ptp(changed, axis=(1, 2)) / np.ptp(pixels, axis=(1, 2))
    assert (0.79 < scales).all() and (scales < 1.21).all()
    assert scales.std() > 0.05


def test_a_seed_repeats_it(pixels):
    np.testing.assert_array_equal(
        run(augment(seed=5), pixels), run(augment(seed=5), pixels)
    )
    assert (run(augment(seed=5), pixels) != run(augment(seed=6), pixels)).any()


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow's graph"
)
def test_runs_in_a_dataset(pixels):
    change = augment(seed=1)
    dataset = tf.data.Dataset.from_tensors(pixels)
    dataset = dataset.map(lambda x: change(x, training=True)).repeat(2)
    first, second = (np.array(batch) for batch in dataset)
    assert first.shape == pixels.shape
    assert (first != second).any()


def test_stays_float32_under_mixed_precision(pixels):
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert run(augment(), pixels).dtype == np.float32


@pytest.mark.parametrize("name", AMOUNTS)
@pytest.mark.parametrize("amount", [-0.1, 1])
def test_refuses(name, amount):
    with pytest.raises(ValueError, match=f"`{name}`"):
        augment(**{name: amount})
