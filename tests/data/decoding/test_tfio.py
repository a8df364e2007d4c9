import io
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from mmkeras.data.codecs import Audio
from mmkeras.data.decoding import tfio

pytestmark = pytest.mark.skipif(
    not tfio.loads(), reason="tensorflow-io does not load here"
)
KINDS = {
    "FLAC": ["PCM_S8", "PCM_16", "PCM_24"],
    "OGG": ["VORBIS"],
}
OTHERS = {
    "WAV": ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"],
    "MP3": ["MPEG_LAYER_III"],
    "AIFF": ["PCM_16"],
}
SHAPES = [(8000, 1), (16000, 2), (44100, 1), (48000, 2)]
CHILD = """
import pathlib, sys
import numpy as np
import tensorflow as tf
from mmkeras.data.codecs import Audio

sound = tf.TensorSpec((), tf.string)
read = tf.function(Audio(8000, 0.1), input_signature=[sound])
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        samples = read(path.read_bytes()).numpy()
        sane = np.isfinite(samples).all() and np.abs(samples).max() <= 1
        print(path.name, "sound" if sane else "noise")
    except tf.errors.InvalidArgumentError as error:
        texts = ["not a readable audio file", "a file without audio data"]
        texts += ["a WAV file of ", "a WAV file without audio data", "empty"]
        clear = any(text in str(error) for text in texts)
        print(path.name, "error" if clear else error)
"""


def encode(rate, channels, form, subtype=None, seconds=0.3):
    draw = np.random.default_rng(rate)
    time = np.arange(int(rate * seconds)) / rate
    x = 0.4 * np.sin(2 * np.pi * 440 * time)[:, None]
    x = x + 0.1 * draw.standard_normal((len(time), channels))
    file = io.BytesIO()
    soundfile.write(file, x.clip(-1, 1), rate, format=form, subtype=subtype)
    return file.getvalue()


@pytest.fixture(scope="module")
def decode():
    sound = tf.TensorSpec((), tf.string)
    return tf.function(tfio.decode, input_signature=[sound])


@pytest.fixture(scope="module")
def codec():
    return Audio(16000, 0.25, limit=1_000_000)


@pytest.fixture(scope="module")
def in_graph(codec):
    sound = tf.TensorSpec((), tf.string)
    return tf.function(codec, input_signature=[sound])


@pytest.mark.parametrize("rate, channels", SHAPES)
@pytest.mark.parametrize("form", KINDS)
def test_native_samples_are_those_of_soundfile(decode, form, rate, channels):
    for subtype in KINDS[form]:
        data = encode(rate, channels, form, subtype)
        samples, actual_rate = decode(data)
        expected, _ = soundfile.read(io.BytesIO(data), always_2d=True)
        assert actual_rate == rate and samples.shape == expected.shape
        np.testing.assert_allclose(samples, expected, atol=1e-5)


@pytest.mark.parametrize("rate, channels", SHAPES)
@pytest.mark.parametrize("form", KINDS | OTHERS)
def test_a_graph_gives_the_samples_of_soundfile(
    codec, in_graph, form, rate, channels
):
    for subtype in (KINDS | OTHERS)[form]:
        data = encode(rate, channels, form, subtype)
        np.testing.assert_allclose(in_graph(data), codec(data), atol=1e-3)


@pytest.mark.parametrize("form", OTHERS)
def test_other_kinds_are_not_decoded(decode, form):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not read"):
        decode(encode(8000, 1, form))


def test_opus_is_left_to_soundfile(codec, in_graph, decode):
    data = encode(48000, 2, "OGG", "OPUS")
    with pytest.raises(tf.errors.InvalidArgumentError, match="not read"):
        decode(data)
    np.testing.assert_allclose(in_graph(data), codec(data), atol=1e-3)


def test_a_large_or_empty_file_is_refused(in_graph):
    for file, text in ((bytes(1_000_001), "1000000"), (b"", "empty")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            in_graph(file)


def damaged(count):
    """Yields files that are truncated, overwritten, shortened, or joined."""
    forms = ("WAV", "FLAC", "OGG", "MP3")
    shapes = ((8000, 1), (16000, 2))
    intact = [encode(*shape, f) for f in forms for shape in shapes]
    for i in range(count):
        draw = np.random.default_rng(i)
        data = bytearray(intact[i % len(intact)])
        place = draw.integers(len(data))
        how = i // len(intact) % 6
        if how == 0:
            data = data[:place]
        elif how == 1:
            data = data[: -draw.integers(1, 64)]
        elif how == 2:
            del data[place : place + 100]
        elif how == 3:
            data += intact[draw.integers(len(intact))]
        else:
            end = len(data) if how == 4 else 100
            for place in draw.integers(end, size=draw.integers(1, 30)):
                data[place] = draw.integers(256)
        yield bytes(data)


def crafted():
    """Yields files with headers that are harmful to the operations."""
    flac = bytearray(encode(8000, 1, "FLAC"))
    flac[21:26] = b"\xff" * 5  # 2^36 - 1 frames.
    yield bytes(flac)
    flac[21:26] = b"\xf0\0\0\x20\0"  # A few more than in the file.
    yield bytes(flac)
    one, two = encode(8000, 1, "OGG"), encode(8000, 2, "OGG")
    yield two + one
    for end in (2**40, 2**63 - 1, 0):  # Frames, where the last page ends.
        last = bytearray(two[two.rindex(b"OggS") :])
        last[6:14] = end.to_bytes(8, "little")
        last[22:26] = bytes(4)
        last[22:26] = tfio._crc(last, 32, 0x04C11DB7).to_bytes(4, "little")
        yield two[: two.rindex(b"OggS")] + last
    wav = bytearray(encode(8000, 1, "WAV"))
    wav[32:34] = bytes(2)  # Bytes per frame.
    yield bytes(wav)


def test_damaged_files_neither_hang_nor_end_the_process(tmp_path):
    files = [*crafted(), *damaged(300)]
    for i, data in enumerate(files):
        (tmp_path / f"{i:03}").write_bytes(data)
    run = subprocess.run(
        [sys.executable, "-c", CHILD, tmp_path],
        timeout=300,
        check=True,
        capture_output=True,
        text=True,
    )
    results = [line.split(" ", 1)[1] for line in run.stdout.splitlines()]
    assert len(results) == len(files)
    assert set(results) == {"sound", "error"}
