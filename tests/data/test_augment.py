import image_files
import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import augment

AMOUNTS = ("crop", "brightness", "contrast")
NOTHING = {"flip": False, "crop": 0, "brightness": 0, "contrast": 0}


@pytest.fixture
def pixels():
    one = image_files.ramp(20, 24).astype("float32") / 255
    return np.repeat(one[None], 32, 0)


def run(change, pixels, training=True):
    return keras.ops.convert_to_numpy(change(pixels, training=training))


def test_changes_each_image_by_itself(pixels):
    changed = run(augment.augment(seed=1), pixels)
    assert changed.shape == pixels.shape
    assert changed.dtype == np.float32
    assert 0 <= changed.min() and changed.max() <= 1
    assert len({image.tobytes() for image in changed}) == len(pixels)


def test_does_nothing_outside_training(pixels):
    np.testing.assert_array_equal(run(augment.augment(), pixels, False), pixels)


def test_nothing_is_nothing(pixels):
    np.testing.assert_array_equal(
        run(augment.augment(**NOTHING), pixels), pixels
    )


def test_flips_about_half(pixels):
    changed = run(augment.augment(**{**NOTHING, "flip": True}, seed=3), pixels)
    mirrored = [np.array_equal(p, pixels[0, :, ::-1]) for p in changed]
    plain = [np.array_equal(p, pixels[0]) for p in changed]
    assert sum(mirrored) + sum(plain) == 32
    assert 6 < sum(mirrored) < 26


def test_crop_moves_and_enlarges_within_bounds(pixels):
    changed = run(augment.augment(**{**NOTHING, "crop": 0.2}, seed=3), pixels)
    red = changed[..., 0]  # Grows by 3 / 255 a row.
    steps = np.diff(red[:, 5:15], axis=1).mean((1, 2)) * 255 / 3
    assert (0.78 < steps).all() and (steps < 1.01).all()
    assert steps.std() > 0.02
    shifts = (red[:, 10, 12] - pixels[0, 10, 12, 0]) * 255 / 3
    assert abs(shifts).max() <= 2.5
    assert shifts.std() > 0.3


def test_brightness_adds_at_most(pixels):
    pixels = pixels * 0.5 + 0.25
    changed = run(
        augment.augment(**{**NOTHING, "brightness": 0.2}, seed=3), pixels
    )
    added = changed - pixels
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-5
    assert abs(added).max() <= 0.2001
    assert added.mean((1, 2, 3)).std() > 0.05


def test_contrast_scales_at_most(pixels):
    pixels = pixels * 0.5 + 0.25
    changed = run(
        augment.augment(**{**NOTHING, "contrast": 0.2}, seed=3), pixels
    )
    scales = np.ptp(changed, axis=(1, 2)) / np.ptp(pixels, axis=(1, 2))
    assert (0.79 < scales).all() and (scales < 1.21).all()
    assert scales.std() > 0.05


def test_a_seed_repeats_it(pixels):
    np.testing.assert_array_equal(
        run(augment.augment(seed=5), pixels),
        run(augment.augment(seed=5), pixels),
    )
    assert (
        run(augment.augment(seed=5), pixels)
        != run(augment.augment(seed=6), pixels)
    ).any()


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow's graph"
)
def test_runs_in_a_dataset(pixels):
    change = augment.augment(seed=1)
    dataset = tf.data.Dataset.from_tensors(pixels)
    dataset = dataset.map(lambda x: change(x, training=True)).repeat(2)
    first, second = (np.array(batch) for batch in dataset)
    assert first.shape == pixels.shape
    assert (first != second).any()


def test_stays_float32_under_mixed_precision(pixels):
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert run(augment.augment(), pixels).dtype == np.float32


@pytest.mark.parametrize("name", AMOUNTS)
@pytest.mark.parametrize("amount", [-0.1, 1])
def test_refuses(name, amount):
    with pytest.raises(ValueError, match=f"`{name}`"):
        augment.augment(**{name: amount})


def tone(count=64, size=800, end=600):
    wave = 0.2 * np.sin(np.arange(size) / 5).astype("float32")
    wave[end:] = 0
    return np.repeat(wave[None], count, 0)


def changed(seed=0, x=None, **amounts):
    draw = np.random.default_rng(seed)
    none = {"gain": 0.0, "shift": 0.0, "noise": None}
    return augment.sounds(tone() if x is None else x, draw, **none | amounts)


def test_sounds_get_louder_and_softer():
    scales = changed(gain=6.0).std(axis=1) / tone().std(axis=1)
    assert 0.5 < scales.min() < 0.6 and 1.8 < scales.max() < 2.0
    loud = changed(x=5 * tone(), gain=6.0)
    assert loud.max() == 1 and loud.min() == -1


def test_sounds_come_earlier_and_later():
    x, found = tone(), changed(shift=0.1)
    moves = set()
    for row in found:
        move = np.argmax(np.correlate(row, x[0], "full")) - 799
        kept = slice(max(0, move), 800 + min(0, move))
        came = slice(max(0, -move), 800 - max(0, move))
        np.testing.assert_array_equal(row[kept], x[0][came])
        moves.add(int(move))
    assert min(moves) < -60 and max(moves) > 60 and len(moves) > 30
    assert max(map(abs, moves)) <= 80


def test_sounds_get_noise_of_a_known_loudness_where_they_are():
    x = tone()
    hiss = (changed(noise=20.0) - x)[:, :600]
    noisy = hiss.any(axis=1)
    assert 20 < noisy.sum() < 44  # About half.
    power = (hiss[noisy] ** 2).mean(1)
    ratio = 10 * np.log10((x[noisy, :600] ** 2).mean(1) / power)
    assert 19 < ratio.min() < 23 and 47 < ratio.max() < 51
    assert not changed(noise=20.0)[:, 600:].any()
    assert not changed(x=0 * x, noise=20.0).any()


def test_sounds_change_by_the_generator_alone():
    everything = {"gain": 6.0, "shift": 0.1, "noise": 20.0}
    first = changed(1, **everything)
    np.testing.assert_array_equal(changed(1, **everything), first)
    assert (changed(2, **everything) != first).any()
    np.testing.assert_array_equal(changed(), tone())


@pytest.mark.parametrize("amounts", [{"gain": -1.0}, {"shift": 1.0}])
def test_sounds_refuse(amounts):
    with pytest.raises(ValueError, match="`gain`"):
        changed(**amounts)
