"""Recordings of any length, in windows."""

import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data.codecs.waveforms import to_wav

RATE = 8000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 2000).astype("float32")


def codec(**options):
    return codecs.AudioWindows(RATE, 0.1, **options)  # 800 samples.


def test_windows_are_the_parts_of_a_recording():
    files = [to_wav(NOISE[:n], RATE) for n in (100, 800, 801, 2000)]
    x, present, errors = codec().encode(tf.constant([*files, ""]))
    assert x.shape == (5, 3, 800) and x.dtype == "float32"
    assert present.numpy().tolist() == [True] * 4 + [False]
    assert not any(errors.numpy())
    x = x.numpy().reshape(5, -1)
    for row, count in zip(x, (100, 800, 801, 2000, 0)):
        np.testing.assert_allclose(row[:count], NOISE[:count], atol=1e-6)
        assert not row[count:].any()


def test_a_graph_decodes_wav_alike():
    files = codec().samples() + [to_wav(NOISE, RATE)]
    spec = codec().signature("audio")
    graph = tf.function(codec().encode, [spec], autograph=False)
    packed = codec().pack(files)
    for one, other in zip(graph(packed), codec().encode(packed)):
        np.testing.assert_array_equal(one, other)
    empty, *_ = graph(tf.constant([""]))
    assert empty.shape == (1, 1, 800)


def test_other_formats_and_damaged_files():
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, NOISE, RATE, format="FLAC")
    x, _, errors = codec().encode(codec().pack([file.getvalue(), b"RIFF"]))
    assert x.shape == (2, 3, 800) and errors[0] == b"" and errors[1] != b""
    np.testing.assert_allclose(x[0, 0], NOISE[:800], atol=1e-4)
    assert not x.numpy()[1].any()


def test_what_is_longer_than_the_maximum_is_truncated():
    short = codec(max_seconds=0.2)
    files = [to_wav(NOISE, RATE)]
    x, _, _ = short.encode(short.pack(files))
    assert x.shape == (1, 2, 800)
    assert short.max_size == 0.2 and short.sizes([to_wav(NOISE, RATE)]) == [
        0.25
    ]


def test_config_and_refused_windows():
    again = codecs.from_config(codecs.to_config(codec()))
    assert type(again) is codecs.AudioWindows
    assert again.get_config() == codec().get_config()
    with pytest.raises(ValueError, match="window_seconds=0"):
        codecs.AudioWindows(window_seconds=0)
