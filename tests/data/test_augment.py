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
    images = run(augment.augment(seed=1), pixels)
    assert images.shape == pixels.shape
    assert images.dtype == np.float32
    assert 0 <= images.min() and images.max() <= 1
    assert len({image.tobytes() for image in images}) == len(pixels)


def test_does_nothing_outside_training(pixels):
    np.testing.assert_array_equal(run(augment.augment(), pixels, False), pixels)


def test_no_amounts_change_nothing(pixels):
    np.testing.assert_array_equal(
        run(augment.augment(**NOTHING), pixels), pixels
    )


def test_flips_about_half(pixels):
    images = run(augment.augment(**{**NOTHING, "flip": True}, seed=3), pixels)
    mirrored = [np.array_equal(p, pixels[0, :, ::-1]) for p in images]
    plain = [np.array_equal(p, pixels[0]) for p in images]
    assert sum(mirrored) + sum(plain) == 32
    assert 6 < sum(mirrored) < 26


def test_crop_moves_and_enlarges_within_bounds(pixels):
    images = run(augment.augment(**{**NOTHING, "crop": 0.2}, seed=3), pixels)
    red = images[..., 0]  # Grows by 3 / 255 per row.
    steps = np.diff(red[:, 5:15], axis=1).mean((1, 2)) * 255 / 3
    assert (0.78 < steps).all() and (steps < 1.01).all()
    assert steps.std() > 0.02
    shifts = (red[:, 10, 12] - pixels[0, 10, 12, 0]) * 255 / 3
    assert abs(shifts).max() <= 2.5
    assert shifts.std() > 0.3


def test_brightness_adds_at_most(pixels):
    pixels = pixels * 0.5 + 0.25
    images = run(
        augment.augment(**{**NOTHING, "brightness": 0.2}, seed=3), pixels
    )
    added = images - pixels
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-5
    assert abs(added).max() <= 0.2001
    assert added.mean((1, 2, 3)).std() > 0.05


def test_contrast_scales_at_most(pixels):
    pixels = pixels * 0.5 + 0.25
    images = run(
        augment.augment(**{**NOTHING, "contrast": 0.2}, seed=3), pixels
    )
    scales = np.ptp(images, axis=(1, 2)) / np.ptp(pixels, axis=(1, 2))
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


def augment_tone(seed=0, x=None, **amounts):
    rng = np.random.default_rng(seed)
    options = {"gain": 0.0, "shift": 0.0, "noise": None} | amounts
    return augment.augment_audio(tone() if x is None else x, rng, **options)


def test_audio_gets_louder_and_softer():
    scales = augment_tone(gain=6.0).std(axis=1) / tone().std(axis=1)
    assert 0.5 < scales.min() < 0.6 and 1.8 < scales.max() < 2.0
    clipped = augment_tone(x=5 * tone(), gain=6.0)
    assert clipped.max() == 1 and clipped.min() == -1


def test_audio_is_shifted_in_both_directions():
    x = tone()
    shifts = set()
    for row in augment_tone(shift=0.1):
        shift = np.argmax(np.correlate(row, x[0], "full")) - 799
        target = slice(max(0, shift), 800 + min(0, shift))
        source = slice(max(0, -shift), 800 - max(0, shift))
        np.testing.assert_array_equal(row[target], x[0][source])
        shifts.add(int(shift))
    assert min(shifts) < -60 and max(shifts) > 60 and len(shifts) > 30
    assert max(map(abs, shifts)) <= 80


def test_noise_has_a_known_loudness_and_spares_the_padding():
    x = tone()
    noise = (augment_tone(noise=20.0) - x)[:, :600]
    has_noise = noise.any(axis=1)
    assert 20 < has_noise.sum() < 44  # About half.
    power = (noise[has_noise] ** 2).mean(1)
    ratio = 10 * np.log10((x[has_noise, :600] ** 2).mean(1) / power)
    assert 19 < ratio.min() < 23 and 47 < ratio.max() < 51
    assert not augment_tone(noise=20.0)[:, 600:].any()
    assert not augment_tone(x=0 * x, noise=20.0).any()


def test_audio_depends_on_the_generator_alone():
    everything = {"gain": 6.0, "shift": 0.1, "noise": 20.0}
    first = augment_tone(1, **everything)
    np.testing.assert_array_equal(augment_tone(1, **everything), first)
    assert (augment_tone(2, **everything) != first).any()
    np.testing.assert_array_equal(augment_tone(), tone())


@pytest.mark.parametrize("amounts", [{"gain": -1.0}, {"shift": 1.0}])
def test_audio_amounts_are_checked(amounts):
    with pytest.raises(ValueError, match="`gain`"):
        augment_tone(**amounts)
