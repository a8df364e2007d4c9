import os
import pathlib

import keras
import numpy as np
import pytest
from checks import check_saves
from checks import check_trains
from checks import fast
from checks import numpy
from checks import randomize

from mmkeras import branches
from mmkeras import layers
from mmkeras.branches import audio

RATE, SAMPLES = 8000, 4000
SMALL = {"rate": RATE, "dim": 8, "mels": 16}
KINDS = {
    "cnn": lambda n: audio.cnn((n,), **SMALL),
    "frames": lambda n: audio.frames((n,), RATE, 16, 8, False),
    "gru": lambda n: audio.gru((n,), **SMALL),
    "transformer": lambda n: audio.transformer((n,), heads=2, **SMALL),
    "wave_cnn": lambda n: audio.wave_cnn((n,), dim=8, depth=2),
}
STEPS = {"cnn": 7, "frames": 51, "gru": 13, "transformer": 13, "wave_cnn": 16}


def sounds(samples=SAMPLES, seed=0):
    """Three sounds: a whole one, half of one, and silence."""
    x = np.random.default_rng(seed).normal(0, 0.1, (3, samples))
    x[1, samples // 2 :] = 0
    x[2] = 0
    return x.astype("float32")


def pooled(branch):
    """A model that averages the unmasked steps of a branch."""
    sound = keras.Input(branch.input_shape[1:], name="sound")
    return keras.Model(sound, layers.MaskedPool()(branch(sound)))


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def branch(kind):
    return randomize(KINDS[kind](SAMPLES))


def test_one_step_per_time_interval(kind, branch):
    assert branch.name == "audio_encoder"
    assert branch.output_shape == (None, STEPS[kind], 8)
    features = numpy(fast(branch)(sounds()))
    assert features.shape == (3, STEPS[kind], 8)
    assert np.isfinite(features).all()


def test_silence_is_no_step(branch):
    features = numpy(fast(pooled(branch))(sounds()))
    assert not features[2].any()
    assert np.abs(features[:2]).min(axis=0).max() > 1e-3


def test_a_sound_does_not_depend_on_the_others(branch):
    x = sounds()
    model = fast(pooled(branch))
    np.testing.assert_allclose(
        numpy(model(x))[1:2], numpy(model(x[1:2])), rtol=1e-3, atol=1e-4
    )


def test_learns_and_saves(kind):
    model = pooled(randomize(KINDS[kind](SAMPLES)))
    check_trains(model, sounds(), but=("key/bias",), epochs=1)
    check_saves(model, sounds(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["gru"])
def test_padding_affects_only_the_end(kind):
    short, long = (KINDS[kind](n) for n in (SAMPLES, 2 * SAMPLES))
    randomize(short)
    long.set_weights(short.get_weights())
    x = sounds()[:2]
    longer = np.pad(x, [(0, 0), (0, SAMPLES)])
    features, expected = numpy(pooled(long)(longer)), numpy(pooled(short)(x))
    np.testing.assert_allclose(features, expected, atol=0.2 * expected.std())


def test_odd_sizes_of_two_directions_are_refused():
    with pytest.raises(ValueError, match="even.*dim=5"):
        audio.gru((SAMPLES,), dim=5)


# YAMNet.


def yamnet_by_hand(weights, x):
    """The front end and the first convolution, in NumPy."""
    frames = [x[i : i + 400] for i in range(0, 96 * 160, 160)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    size = np.abs(np.fft.rfft(np.array(frames) * window, 512))
    mel = size @ weights["frontend/mel_matrix"].astype("float64")
    return np.log(mel + weights["frontend/log_offset"].astype("float64"))


def fake_weights(path):
    """A file in the layout of the real one."""
    branch = randomize(audio.yamnet((16000,)), scale=0.05)
    arrays = {}
    for layer in branch.layers:
        for weight in layer.weights:
            name = weight.path.split("/")[-1]
            arrays[f"{layer.name}/{name}"] = numpy(weight)
    mel = np.abs(arrays["frontend/mel_matrix"])
    arrays["frontend/mel_matrix"] = mel
    arrays["frontend/log_offset"] = np.full(64, 0.001, "float32")
    np.savez(path, **arrays)
    return arrays


def test_yamnet_reads_its_weights(tmp_path):
    arrays = fake_weights(tmp_path / "yamnet.npz")
    branch = audio.yamnet((24000,), tmp_path / "yamnet.npz")
    assert not branch.trainable_weights
    assert branch.output_shape == (None, 3, 1024)
    assert branch.count_params() == 3_195_456 + 257 * 64 + 64
    x = np.random.default_rng(0).normal(0, 0.1, (2, 24000)).astype("float32")
    frames = numpy(branch.get_layer("frontend")(x))
    np.testing.assert_allclose(
        frames[0, 0], yamnet_by_hand(arrays, x[0]), rtol=1e-3, atol=1e-3
    )
    np.testing.assert_allclose(  # The second patch begins 0.48 s later.
        frames[0, 1], yamnet_by_hand(arrays, x[0, 7680:]), rtol=1e-3, atol=1e-3
    )
    x[1, 9000:] = 0
    mask = numpy(branch.get_layer("frontend").compute_mask(x))
    np.testing.assert_array_equal(mask, [[1, 1, 1], [1, 1, 0]])


def test_a_short_clip_is_one_patch_of_yamnet():
    branch = audio.yamnet((1000,))
    assert branch.output_shape == (None, 1, 1024)
    model = pooled(branch)
    assert np.isfinite(numpy(model(sounds(1000)))).all()


def test_patches_of_unknown_length_are_refused():
    with pytest.raises(ValueError, match="fixed number of samples"):
        layers.YAMNetSpectrogram()(keras.Input((None,)))


@pytest.mark.realdata
def test_yamnet_s_own_weights():
    file = pathlib.Path(os.environ.get("MMKERAS_DATA", ""), "pretrained")
    file /= "yamnet_audioset_fp16.npz"
    if not file.exists():
        pytest.skip("needs YAMNet's weights")
    branch = audio.yamnet((16000,), file)
    time = np.arange(16000) / 16000
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)  # A telephone's dial tone.
    noise = np.random.default_rng(0).normal(0, 0.1, 16000)
    x = np.stack([tone, noise]).astype("float32")
    with np.load(file) as arrays:
        kernel, bias = arrays["classifier/kernel"], arrays["classifier/bias"]
    scores = numpy(branch(x))[:, 0] @ kernel.astype("float32") + bias
    names = (file.parent / "yamnet_class_map.csv").read_text().splitlines()[1:]
    for sound, name in zip(scores, ("Dial tone", "Static")):
        likely = [names[i] for i in sound.argsort()[-3:]]
        assert any(name in line for line in likely), likely


def test_weights_of_another_network_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", **{"conv0/kernel": np.zeros((3, 3))})
    with pytest.raises(ValueError, match="frontend/mel_matrix"):
        audio.yamnet((16000,), tmp_path / "other.npz")
    assert branches.audio is audio
