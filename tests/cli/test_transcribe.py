"""Speech to text from the command line, with a pretrained Whisper."""

import json

import numpy as np
import pytest
import tiny_presets
from command_line import call

import mmkeras
from mmkeras import api
from mmkeras.data import codecs
from mmkeras.data.codecs.waveforms import to_wav

pytestmark = pytest.mark.usefixtures("eager_models")


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_presets.whisper(tmp_path_factory.mktemp("presets") / "whisper")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table of two recordings and one that cannot be read."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    for i in range(2):
        noise = rng.normal(0, 0.2, 3200).clip(-1, 1).astype("float32")
        (folder / f"{i}.wav").write_bytes(to_wav(noise, 16000))
    (folder / "2.wav").write_bytes(b"RIFF")
    rows = [
        {"audio": f"{i}.wav", "label": "is it the red", "split": "test"}
        for i in range(3)
    ]
    lines = "\n".join(map(json.dumps, rows))
    (folder / "table.jsonl").write_text(lines)
    return folder


def test_files_are_written_down(preset, folder):
    options = ("generate.beam=2", "generate.fallback=false")
    result = call("transcribe", f"whisper:{preset}", folder, *options)
    assert result.exit_code == 1 and "2.wav: " in result.stderr
    texts = [line.split("\t") for line in result.stdout.splitlines()]
    files = [str(folder / f"{i}.wav") for i in range(3)]
    expected = mmkeras.load(preset).answer({"audio": files}, beam=2)
    assert texts == [list(x) for x in zip(files, expected["text"])]
    arguments = [f"hub:{preset}", *files[:2], "--jsonl", options[1]]
    rows = call("predict", *arguments)
    rows = [json.loads(line) for line in rows.stdout.splitlines()]
    assert [row["id"] for row in rows] == files[:2] and "score" in rows[0]


def test_a_recording_that_is_too_long_is_to_be_split(
    preset, folder, monkeypatch
):
    monkeypatch.setattr(codecs.AudioWindows, "max_size", 0.1)
    result = call("predict", f"whisper:{preset}", folder / "0.wav")
    assert result.exit_code == 0, result.output
    assert (
        "audio: 1 of 1 is longer than 0.1 s and is truncated (longest 0.2 s); "
        "split the recording to recognise all of it."
    ) in result.stderr


def test_word_errors_are_evaluated(preset, folder):
    table = str(folder / "table.jsonl")
    off = {"fallback": False}  # The text of random weights is bad.
    scores = api.evaluate(f"whisper:{preset}", "test", data=table, **off)
    assert scores["recordings"] == 2 and scores["words"] == 8
    low, high = (scores[f"word_error_rate_{x}"] for x in ("low", "high"))
    assert 0 < low <= scores["word_error_rate"] <= high
    arguments = ["--data", table, "--split", "all", "generate.fallback=false"]
    every = call("evaluate", f"whisper:{preset}", *arguments)
    assert "word error rate" in every.output, every.output
