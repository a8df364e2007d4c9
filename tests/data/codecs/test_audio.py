import io

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from mmkeras.data.codecs import Audio
from mmkeras.data.codecs import from_config
from mmkeras.data.codecs import to_config
from mmkeras.data.codecs import waves

RATE = 16000
KINDS = {
    "PCM_U8": ("WAV", 0.02),
    "PCM_16": ("WAV", 1e-3),
    "PCM_24": ("WAV", 1e-3),
    "PCM_32": ("WAV", 1e-3),
    "FLOAT": ("WAV", 1e-3),
    "DOUBLE": ("WAV", 1e-3),
    "flac": ("FLAC", 1e-3),
    "vorbis": ("OGG", 0.06),
    "mp3": ("MP3", 0.08),
}


def tone(rate, seconds, channels=1):
    time = np.arange(int(rate * seconds)) / rate
    x = 0.4 * np.sin(2 * np.pi * 440 * time) + 0.1
    return np.tile(x[:, None], (1, channels))


def encode(samples, rate=RATE, kind="PCM_16"):
    file = io.BytesIO()
    form = KINDS[kind][0]
    subtype = kind if form == "WAV" else None
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def graph(codec):
    spec = tf.TensorSpec((None,), tf.string)
    return tf.function(codec.try_batch, input_signature=[spec])


@pytest.fixture(scope="module")
def codec():
    return Audio(RATE, 0.5)


@pytest.fixture(scope="module")
def in_graph(codec):
    return graph(codec)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate, channels", [(16000, 1), (8000, 2), (44100, 3)])
def test_every_kind_rate_and_channel_count(
    codec, in_graph, kind, rate, channels
):
    if kind == "mp3" and channels > 2:
        pytest.skip("MP3 has two channels at most")
    data = tf.constant([encode(tone(rate, 0.7, channels), rate, kind)])
    samples, errors = codec.try_batch(data)
    assert errors.numpy().tolist() == [b""]
    expected = tone(RATE, 0.5)[:, 0]
    middle = slice(400, -400)  # Lossy codecs begin and end as they like.
    off = np.abs(samples[0].numpy() - expected)[middle].max()
    assert off < KINDS[kind][1]
    alone, wrong = in_graph(data)
    if KINDS[kind][0] == "WAV":
        np.testing.assert_allclose(alone, samples, atol=1e-5)
    else:
        assert wrong.numpy().tolist() == [b"no WAV file"]
        assert not alone.numpy().any()


def test_short_sound_is_followed_by_zeros(codec):
    samples, _ = codec.try_batch(tf.constant([encode(tone(RATE, 0.2))]))
    assert samples.shape == (1, 8000)
    assert not samples.numpy()[0, 3200:].any()
    np.testing.assert_allclose(
        samples[0, :3200], tone(RATE, 0.2)[:, 0], atol=1e-3
    )


def test_resampling_keeps_a_tone_and_drops_what_cannot_be_heard():
    high = np.sin(2 * np.pi * 7000 * np.arange(16000) / 16000)
    low = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    both = tf.constant(high + low, tf.float32)
    found = waves.resample(both, tf.constant(16000), 8000).numpy()
    expected = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    assert found.shape == (8000,)
    np.testing.assert_allclose(found[100:-100], expected[100:-100], atol=2e-3)
    assert waves.resample(both, tf.constant(16000), 16000).shape == (16000,)


def test_reads_in_a_data_set(codec):
    data = encode(tone(8000, 1.0), 8000, "flac")
    dataset = tf.data.Dataset.from_tensors(data).map(codec)
    [samples] = list(dataset)
    expected, _ = codec.try_batch(tf.constant([data]))
    np.testing.assert_allclose(samples, expected[0], atol=1e-5)
    np.testing.assert_array_equal(codec(data), expected[0])
    bad = tf.data.Dataset.from_tensors(b"junk").map(codec)
    with pytest.raises(tf.errors.InvalidArgumentError, match="no sound"):
        list(bad)


def hostile(count):
    rng = np.random.default_rng(0)
    whole = [encode(tone(8000, 0.1, 2), 8000, kind) for kind in KINDS if kind]
    for i in range(count):
        data = bytearray(whole[i % len(whole)])
        if i % 3 == 0:
            data = data[: rng.integers(0, len(data))]
        for _ in range(rng.integers(0, 30)):
            if data:
                place = rng.integers(0, min(len(data), 100))
                data[place] = rng.integers(0, 256)
        yield bytes(data)


def test_hostile_files_are_errors_or_sound_and_harm_no_other(codec, in_graph):
    good = encode(tone(8000, 0.3), 8000)
    expected, _ = codec.try_batch(tf.constant([good]))
    inputs = [b"", b"RIFF", b"junk" * 99, *hostile(200)]
    for read in (codec.try_batch, in_graph):
        samples, errors = read(tf.constant([*inputs, good]))
        assert np.isfinite(samples).all() and np.abs(samples).max() <= 1
        np.testing.assert_allclose(samples[-1], expected[0], atol=1e-5)
        bad = [bool(error) for error in errors.numpy()]
        assert all(bad[:3]) and not bad[-1]
        assert not samples.numpy()[bad].any()


def test_a_large_file_is_refused():
    codec = Audio(RATE, 0.1, limit=1000)
    data = tf.constant([encode(tone(RATE, 1.0))])
    for read in (codec.try_batch, graph(codec)):
        samples, errors = read(data)
        assert b"1000" in errors.numpy()[0] and not samples.numpy().any()


def test_config_and_refusals():
    codec = Audio(8000, 1.5)
    again = from_config(to_config(codec))
    assert again.get_config() == codec.get_config()
    assert again.shape == (12000,)
    with pytest.raises(ValueError, match="seconds=0"):
        Audio(seconds=0)
