import keras
import numpy as np
import pytest
from checks import check_config
from checks import check_saves
from checks import fast
from checks import numpy

from mmkeras import layers

RATE = 8000


def tones(*pitches, seconds=0.25, seed=0):
    """Sounds of one pitch each, with a little noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(size=(len(pitches), len(time)))
    sound = np.sin(2 * np.pi * np.array(pitches)[:, None] * time)
    return (0.5 * sound + 0.01 * noise).astype("float32")


def spectrogram(layer, x):
    return numpy(fast(layer.__call__)(x))


def mel_matrix(bins, mels, rate, low):
    """Triangles on the HTK mel scale, written again."""

    def mel(hertz):
        return 1127 * np.log(1 + np.asarray(hertz) / 700)

    edges = np.linspace(mel(low), mel(rate / 2), mels + 2)
    at = mel(np.linspace(0, rate / 2, bins))[:, None]
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    up, down = (at - left) / (middle - left), (right - at) / (right - middle)
    weights = np.maximum(np.minimum(up, down), 0)
    weights[0] = 0
    return weights


def expected(x, mels=10, size=200, hop=80, low=20.0):
    """The formula, frame by frame."""
    fft = 256
    window = np.zeros(fft)
    start = (fft - size) // 2
    window[start : start + size] = 0.5 - 0.5 * np.cos(
        2 * np.pi * np.arange(size) / size
    )
    padded = np.pad(x, (fft // 2, 0), mode="reflect")
    padded = np.pad(padded, (0, fft))
    frames = [
        padded[i * hop : i * hop + fft] * window
        for i in range(1 + len(x) // hop)
    ]
    power = np.abs(np.fft.rfft(frames)) ** 2
    y = np.log(power @ mel_matrix(fft // 2 + 1, mels, RATE, low) + 1e-6)
    frame_mask = np.arange(len(y)) * hop < len(x)
    y[~frame_mask] = 0
    y[frame_mask] -= y[frame_mask].mean(axis=0)
    y[frame_mask] /= np.sqrt(y[frame_mask].var(axis=0) + 1e-3)
    return y


def test_equals_the_formula():
    x = tones(440, 1000)
    actual = spectrogram(layers.LogMel(RATE, mels=10), x)
    assert actual.shape == (2, 26, 10)
    for row, sound in zip(actual, x):
        np.testing.assert_allclose(row, expected(sound), rtol=0.01, atol=0.01)


def test_unless_normalized_a_sound_keeps_its_loudness():
    x = tones(440)
    raw = layers.LogMel(RATE, mels=10, normalize=False)
    actual, louder = (
        spectrogram(raw, x)[0, 5:20],
        spectrogram(raw, 2 * x)[0, 5:20],
    )
    np.testing.assert_allclose(louder - actual, np.log(4), atol=0.01)


def test_a_higher_tone_is_a_higher_bin():
    sweep = np.concatenate([tones(300), tones(2500)], axis=1)
    [frames] = spectrogram(layers.LogMel(RATE, mels=20), sweep)
    early, late = frames[5:20].mean(axis=0), frames[30:45].mean(axis=0)
    assert np.argmax(early - late) < 8 < np.argmax(late - early)


def test_coefficients_are_a_cosine_transform():
    scipy_fft = pytest.importorskip("scipy.fft")
    x = tones(440)
    layer = layers.LogMel(RATE, mels=10, coefficients=4)
    actual = spectrogram(layer, x)[0]
    power = numpy(layer.mel(np.pad(x, [(0, 0), (0, 256)])))[0].T[:26]
    cosines = scipy_fft.dct(np.log(power + 1e-6), norm="ortho")[:, :4]
    cosines = cosines[:25]  # The last frame begins at the end of the clip.
    y = cosines - cosines.mean(axis=0)
    y /= np.sqrt(cosines.var(axis=0) + 1e-3)
    np.testing.assert_allclose(actual[:25], y, rtol=1e-2, atol=1e-2)


def test_silence_at_the_end_is_padding():
    x = tones(440, 1000)
    x[1, 1000:] = 0
    layer = layers.LogMel(RATE, mels=10)
    short, long = (
        spectrogram(layer, x),
        spectrogram(layer, np.pad(x, [(0, 0), (0, 800)])),
    )
    np.testing.assert_allclose(long[:, :26], short, rtol=1e-4, atol=1e-4)
    assert not long[:, 26:].any()
    mask = numpy(layer.compute_mask(keras.ops.convert_to_tensor(x)))
    np.testing.assert_array_equal(mask.sum(axis=1), [25, 13])
    single = spectrogram(layer, x[1:, :1000])
    np.testing.assert_allclose(short[1:, :13], single, rtol=1e-4, atol=1e-4)


def test_a_sound_does_not_depend_on_others_or_on_its_loudness():
    x = tones(440, 1000)
    layer = layers.LogMel(RATE, mels=10)
    loud = np.stack([x[0], 0.9 * x[1], 0 * x[0]])
    actual = spectrogram(layer, loud)
    np.testing.assert_allclose(actual[:2], spectrogram(layer, x), atol=0.02)
    assert not actual[2].any()  # Silence gives zeros, not NaN.


def test_following_layers_use_the_mask():
    sound = keras.Input((None,), name="sound")
    x = layers.LogMel(RATE, mels=10, name="log_mel")(sound)
    x = keras.layers.Activation("relu")(x)
    model = keras.Model(sound, layers.MaskedPool()(x))
    x = tones(440, 1000)
    longer = np.pad(x, [(0, 0), (0, 400)])
    # The last frame of a sound alone begins at its end and counts nothing.
    np.testing.assert_allclose(numpy(model(longer)), numpy(model(x)), atol=1e-5)
    check_saves(model, x, rtol=1e-4, atol=1e-5)


def test_config_and_shape():
    layer = layers.LogMel(RATE, mels=10, high=3000.0, name="log_mel")
    check_config(layer)
    assert layer.compute_output_shape((2, 2000)) == (2, 26, 10)
    assert layer.compute_output_shape((2, None)) == (2, None, 10)
    sound = keras.Input((None,))
    assert layer(sound).shape == (None, None, 10)


def test_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = layers.LogMel(RATE, mels=10)
    finally:
        keras.config.set_dtype_policy("float32")
    exact = spectrogram(layers.LogMel(RATE, mels=10), tones(440))
    np.testing.assert_array_equal(spectrogram(layer, tones(440)), exact)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="coefficients=11, mels=10"):
        layers.LogMel(mels=10, coefficients=11)
    with pytest.raises(ValueError, match="high=5000, rate=8000"):
        layers.LogMel(8000, high=5000)
