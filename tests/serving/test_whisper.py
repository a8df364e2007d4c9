"""Whisper as an export: WAV bytes in, words out, without Keras."""

import numpy as np
import pytest
import tiny_presets
from checks import only_tensorflow

import mmkeras
from mmkeras import serving
from mmkeras.data.codecs.waveforms import to_wav

pytestmark = [pytest.mark.slow, only_tensorflow]


def test_a_process_without_keras_writes_the_same(tmp_path):
    task = mmkeras.load(tiny_presets.whisper(tmp_path / "whisper"))
    noise = np.random.default_rng(0).normal(0, 0.2, 16000).astype("float32")
    noise = noise.clip(-1, 1)
    files = [to_wav(noise[:n], 16000) for n in (1600, 16000)]  # 1; 3 windows.
    files += [to_wav(noise[:4000], 8000), b"no audio", b""]
    # Replays all in a fresh process, in which importing Keras is an error.
    exported = serving.export(
        task, tmp_path / "export", examples={"audio": files}
    )
    expected = task.answer({"audio": files}, **task.evaluation_defaults)
    served = serving.load(exported).predict({"audio": files})
    assert served["text"] == expected["text"].tolist()
    assert [bool(x) for x in served["error"]] == [False] * 3 + [True] * 2
    np.testing.assert_allclose(served["score"], expected["score"], atol=1e-3)
