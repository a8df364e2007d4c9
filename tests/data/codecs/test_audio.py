import io
import struct

import numpy as np
import pytest
import soundfile
import tensorflow as tf
from checks import run_python

from mmkeras.data.codecs import Audio
from mmkeras.data.codecs import from_config
from mmkeras.data.codecs import to_config
from mmkeras.data.decoding import resampling

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
    middle = slice(400, -400)  # Lossy codecs differ at the ends.
    error = np.abs(samples[0].numpy() - expected)[middle].max()
    assert error < KINDS[kind][1]
    alone, wrong = in_graph(data)
    if KINDS[kind][0] == "WAV":
        np.testing.assert_allclose(alone, samples, atol=1e-5)
    else:
        assert wrong.numpy().tolist() == [b"not a WAV file"]
        assert not alone.numpy().any()


def test_short_audio_is_padded(codec):
    samples, _ = codec.try_batch(tf.constant([encode(tone(RATE, 0.2))]))
    assert samples.shape == (1, 8000)
    assert not samples.numpy()[0, 3200:].any()
    np.testing.assert_allclose(
        samples[0, :3200], tone(RATE, 0.2)[:, 0], atol=1e-3
    )


def test_resampling_keeps_a_tone_and_drops_high_frequencies():
    high = np.sin(2 * np.pi * 7000 * np.arange(16000) / 16000)
    low = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    both = tf.constant(high + low, tf.float32)
    actual = resampling.resample(both, tf.constant(16000), 8000).numpy()
    expected = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    assert actual.shape == (8000,)
    np.testing.assert_allclose(actual[100:-100], expected[100:-100], atol=2e-3)
    assert resampling.resample(both, tf.constant(16000), 16000).shape == (
        16000,
    )


def test_reads_in_a_data_set(codec):
    data = encode(tone(8000, 1.0), 8000, "flac")
    dataset = tf.data.Dataset.from_tensors(data).map(codec)
    [samples] = list(dataset)
    expected, _ = codec.try_batch(tf.constant([data]))
    np.testing.assert_allclose(samples, expected[0], atol=1e-5)
    np.testing.assert_array_equal(codec(data), expected[0])
    bad = tf.data.Dataset.from_tensors(b"junk").map(codec)
    error = "not a readable audio file"
    with pytest.raises(tf.errors.InvalidArgumentError, match=error):
        list(bad)


def hostile(count):
    rng = np.random.default_rng(0)
    intact = [encode(tone(8000, 0.1, 2), 8000, kind) for kind in KINDS if kind]
    for i in range(count):
        data = bytearray(intact[i % len(intact)])
        if i % 3 == 0:
            data = data[: rng.integers(0, len(data))]
        for _ in range(rng.integers(0, 30)):
            if data:
                place = rng.integers(0, min(len(data), 100))
                data[place] = rng.integers(0, 256)
        yield bytes(data)


def test_hostile_files_are_errors_or_audio_and_do_not_affect_others(
    codec, in_graph
):
    good = encode(tone(8000, 0.3), 8000)
    expected, _ = codec.try_batch(tf.constant([good]))
    inputs = [b"", b"RIFF", b"junk" * 99, *hostile(200)]
    for decode in (codec.try_batch, in_graph):
        samples, errors = decode(tf.constant([*inputs, good]))
        assert np.isfinite(samples).all() and np.abs(samples).max() <= 1
        np.testing.assert_allclose(samples[-1], expected[0], atol=1e-5)
        bad = [bool(error) for error in errors.numpy()]
        assert all(bad[:3]) and not bad[-1]
        assert not samples.numpy()[bad].any()


def wave(data, tag=1, channels=1, bits=16, size=None, form=b"RIFF", **of):
    """Writes a WAV file by hand.

    Args:
        data: The bytes of its samples.
        tag: What kind of samples they are.
        channels: Number of channels.
        bits: Bits per sample.
        size: Bytes per frame.
        form: First four bytes of the file.
        **of: `rate` in Hz; `extra`, bytes after the format; `chunks`, bytes
            of chunks before the samples, and `after` them; `length`, the size
            of the samples in the header; `whole`, that of the file.
    """
    order = ">" if form == b"RIFX" else "<"
    rate, size = of.get("rate", RATE), size or channels * bits // 8
    head = struct.pack(
        order + "HHIIHH", tag, channels, rate, rate * size, size, bits
    )
    head += of.get("extra", b"")
    body = b"WAVE" + of.get("chunks", b"")
    body += b"fmt " + struct.pack(order + "I", len(head)) + head
    length = of.get("length", len(data))
    body += b"data" + struct.pack(order + "I", length) + data
    body += of.get("after", b"")
    return form + struct.pack(order + "I", of.get("whole", len(body))) + body


def subformat(tag, bits):
    """Returns the additional part of an extensible format."""
    guid = bytes.fromhex("0000000010008000" + "00aa00389b71")
    return struct.pack("<HHIH", 22, bits, 4, tag) + guid


SAMPLES = (2**23 * tone(RATE, 0.5)[:, 0]).astype("<i4")  # Of 24 bits.
SHORT = (SAMPLES >> 8).astype("<i2")
LARGE = b"ds64" + struct.pack("<IQQQI", 28, 10**6, 16000, 8000, 0)
CONTAINERS = {
    "24 bits in the upper bytes of 32": wave(
        (SAMPLES << 8).tobytes(), bits=24, size=4
    ),
    "24 bits in the lower bytes of 32": wave(
        SAMPLES.tobytes(), bits=24, size=4
    ),
    "24 bits of 32, extensible": wave(
        (SAMPLES << 8).tobytes(),
        0xFFFE,
        bits=24,
        size=4,
        extra=subformat(1, 24),
    ),
    "24 valid bits of 32, extensible": wave(
        (SAMPLES << 8).tobytes(), 0xFFFE, bits=32, extra=subformat(1, 24)
    ),
    "12 bits in 16": wave(SHORT.tobytes(), bits=12, size=2),
    "RIFX": wave((SAMPLES >> 8).astype(">i2").tobytes(), form=b"RIFX"),
    "RIFX of floats": wave(
        (SAMPLES / 2**23).astype(">f4").tobytes(), 3, bits=32, form=b"RIFX"
    ),
    "RF64": wave(
        SHORT.tobytes(),
        form=b"RF64",
        whole=2**32 - 1,
        length=2**32 - 1,
        chunks=LARGE,
        after=b"LIST" + bytes([255, 127]) * 400,
    ),
    "BW64": wave(
        SHORT.tobytes(),
        form=b"BW64",
        whole=2**32 - 1,
        length=2**32 - 1,
        chunks=LARGE,
    ),
    "a stream of unknown length": wave(
        SHORT.tobytes(),
        whole=2**32 - 1,
        length=2**32 - 1,
    ),
    "a stream that was never closed": wave(SHORT.tobytes(), whole=0, length=0),
}


@pytest.fixture(scope="module")
def in_data_set(codec):
    """Returns all containers by name, read by one data set."""
    files = tf.data.Dataset.from_tensor_slices([*CONTAINERS.values()])
    return dict(zip(CONTAINERS, files.map(codec), strict=True))


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_of_wave_has_the_same_samples(
    codec, in_graph, in_data_set, name
):
    data = tf.constant([CONTAINERS[name]])
    samples, errors = codec.try_batch(data)
    assert errors.numpy().tolist() == [b""]
    np.testing.assert_allclose(samples[0], tone(RATE, 0.5)[:, 0], atol=4e-3)
    np.testing.assert_array_equal(in_graph(data)[0], samples)
    np.testing.assert_array_equal(in_data_set[name], samples[0])


@pytest.mark.parametrize("kind", ["ALAW", "ULAW"])
def test_laws_of_telephony_are_read_as_soundfile_reads_them(
    codec, in_graph, kind
):
    file = io.BytesIO()
    soundfile.write(file, tone(RATE, 0.5), RATE, format="WAV", subtype=kind)
    expected, _ = soundfile.read(io.BytesIO(file.getvalue()))
    for decode in (codec.try_batch, in_graph):
        samples, errors = decode(tf.constant([file.getvalue()]))
        assert errors.numpy().tolist() == [b""]
        np.testing.assert_array_equal(samples[0], np.float32(expected))


@pytest.mark.parametrize(
    "tag, name",
    [
        (2, "MS ADPCM"),
        (17, "IMA ADPCM"),
        (49, "GSM 6.10"),
        (64, "G.721 ADPCM"),
        (85, "MP3"),
        (1234, "format 1234"),
    ],
)
def test_compressed_waves_are_refused_by_name_everywhere(
    codec, in_graph, tag, name
):
    data = tf.constant([wave(bytes(4000), tag, bits=4, size=256)])
    for decode in (codec.try_batch, in_graph):
        samples, errors = decode(data)
        assert f"{name} with 4 bits" in errors.numpy()[0].decode()
        assert "Convert it to PCM" in errors.numpy()[0].decode()
        assert not samples.numpy().any()


def test_a_compressed_wave_stops_a_data_set_by_name(codec):
    file = io.BytesIO()
    soundfile.write(
        file, tone(8000, 0.5), 8000, format="WAV", subtype="IMA_ADPCM"
    )
    dataset = tf.data.Dataset.from_tensors(file.getvalue()).map(codec)
    with pytest.raises(tf.errors.InvalidArgumentError, match="IMA ADPCM"):
        list(dataset)


def hostile_waves(count, seed=0):
    """Yields WAV files of every kind with damaged headers."""
    rng = np.random.default_rng(seed)
    intact = [
        encode(tone(8000, 0.1, 2), 8000, kind) for kind in list(KINDS)[:6]
    ]
    intact += [data[:900] for data in CONTAINERS.values()]
    for i in range(count):
        data = bytearray(intact[i % len(intact)])
        for _ in range(rng.integers(1, 6)):
            place = rng.integers(8, 60) if i % 4 else 20 + rng.integers(24)
            data[place] = rng.choice([0, 1, 2, 16, 255, rng.integers(256)])
        yield bytes(data[: rng.integers(12, 700)] if i % 5 == 0 else data)


@pytest.mark.parametrize(
    "count", [400, pytest.param(3000, marks=pytest.mark.slow)]
)
def test_hostile_waves_have_the_same_samples_everywhere(codec, in_graph, count):
    files = [*hostile_waves(count), wave(bytes(800), channels=500)]
    samples, errors = codec.read(files)
    for i in range(0, len(files), 100):
        batch = slice(i, i + 100)
        actual, wrong = in_graph(tf.constant(files[batch]))
        np.testing.assert_array_equal(
            wrong.numpy() == b"", errors[batch] == b""
        )
        np.testing.assert_array_equal(actual, samples[batch])
    assert 0.2 < np.mean(errors != b"") < 0.8
    assert errors[-1] == b"a WAV file without audio data"
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1
    dataset = tf.data.Dataset.from_tensor_slices(files[:100])
    good = dataset.map(codec).ignore_errors()
    np.testing.assert_array_equal(
        np.stack(list(good)), samples[:100][errors[:100] == b""]
    )


@pytest.mark.slow
def test_high_sample_rates_take_bounded_memory(tmp_path):
    code = """
import resource, sys
import numpy as np
import tensorflow as tf
from mmkeras.data.codecs import Audio

codec = Audio(16000, 10.0)
codec.read([open(sys.argv[1], "rb").read()[:5000]])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
samples, errors = codec.read([open(sys.argv[1], "rb").read()] * 8)
assert not any(errors) and samples[:, -1].any(), errors
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    path = tmp_path / "fast.wav"
    path.write_bytes(encode(tone(192_000, 11), 192_000))
    process = run_python(code, path)
    assert int(process.stdout) < 300_000, process.stderr  # In kB.


def test_a_large_file_is_refused():
    codec = Audio(RATE, 0.1, limit=1000)
    data = tf.constant([encode(tone(RATE, 1.0))])
    for decode in (codec.try_batch, graph(codec)):
        samples, errors = decode(data)
        assert b"1000" in errors.numpy()[0] and not samples.numpy().any()


def test_config_and_invalid_arguments():
    codec = Audio(8000, 1.5)
    again = from_config(to_config(codec))
    assert again.get_config() == codec.get_config()
    assert again.shape == (12000,)
    with pytest.raises(ValueError, match="seconds=0"):
        Audio(max_seconds=0)
