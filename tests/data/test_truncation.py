"""Counts audio and texts that are truncated."""

import io

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import mmkeras
from mmkeras import tasks
from mmkeras.cli import app
from mmkeras.data import check
from mmkeras.data import codecs
from mmkeras.data import truncation
from mmkeras.tasks import options


def audio_file(seconds, form="WAV"):
    file = io.BytesIO()
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, int(8000 * seconds))
    soundfile.write(file, samples, 8000, format=form)
    return file.getvalue()


def note(field_codecs, rows):
    sizes = truncation.measure(field_codecs, rows)
    [text] = truncation.describe(field_codecs, sizes)
    return text


def test_counts_truncated_audio_and_names_the_longest(tmp_path):
    path = tmp_path / "long.flac"
    path.write_bytes(audio_file(300, "FLAC"))
    values = [
        audio_file(1),
        audio_file(2),
        audio_file(5),
        audio_file(4, "OGG"),
        str(path),
    ]
    others = [
        None,
        b"junk",
        "missing.wav",
        str(tmp_path),
        np.zeros(3),
        values[2],
    ]
    rows = [{"audio": value} for value in values + others]
    assert note({"audio": codecs.Audio(16000, 2.0)}, rows) == (
        "audio: 3 of 5 are longer than 2 s and are truncated (longest 300 s); "
        "set data.audio_seconds to use more."
    )


def test_counts_truncated_texts():
    field_codecs = {"text": codecs.Text(["a"], length=5)}
    rows = [{"text": t} for t in ("a b c", "a b c d", None, "half \ud83d", "")]
    assert note(field_codecs, rows).startswith(
        "text: 1 of 2 is longer than 5 ids and is truncated (longest 6 ids); "
        "set data.max_length"
    )


def test_no_note_if_nothing_is_truncated():
    field_codecs = {
        "audio": codecs.Audio(16000, 1.0),
        "image": codecs.Image((8, 8)),
    }
    rows = [{"audio": audio_file(1), "image": b"x"}, {}]
    sizes = truncation.measure(field_codecs, rows)
    assert sizes == {"audio": [1.0]}
    assert truncation.describe(field_codecs, sizes) == []


@pytest.mark.parametrize(
    "name, longer",
    [
        ("transcribe-audio-ctc", "1 of 3 is longer than 10 s"),
        ("translate-audio-transformer", "1 of 3 is longer than 10 s"),
        ("retrieve-text-audio", "2 of 3 are longer than 2 s"),
    ],
)
def test_check_has_the_limit_of_training(name, longer):
    architecture = mmkeras.get(name)
    kind = tasks.of(architecture).data_kind
    texts = {"text": "a", "target": "a"}
    del texts["text" if kind == "translations" else "target"]
    rows = [
        {"audio": audio_file(seconds), "split": split, **texts}
        for seconds, split in [(3, "train"), (11, "train"), (1, "val")]
    ]
    report = check.check(rows, kind=kind)
    assert any(longer in note for note in report.notes)
    limit = options.defaults(architecture).audio_seconds
    assert longer.endswith(f" {limit:g} s")


def test_check_names_both_limits_of_transcripts_that_may_be_pairs():
    rows = [{"audio": audio_file(seconds)} for seconds in (1, 3, 11)]
    limits = {10.0: "for transcripts", 2.0: "for pairs"}
    assert truncation.describe_audio(rows, limits) == [
        "audio: median 3 s, longest 11 s. By default, 1 of 3 is longer than "
        "10 s and is truncated (longest 11 s) for transcripts; 2 of 3 are "
        "longer than 2 s and are truncated (longest 11 s) for pairs; set "
        "data.audio_seconds in training to use more."
    ]


def test_a_recording_alone_is_too_short_for_its_text():
    row = {"audio": audio_file(0.1), "text": "a longer text"}
    rows = [{**row, "split": "train"}, {**row, "split": "val"}]
    for kind, count in [("transcripts", 2), ("pairs", 0)]:
        kinds = check.check(rows, kind=kind).kinds
        assert kinds.get("short", 0) == count


@pytest.mark.parametrize("seconds", [0.5, 3])
def test_check_describes_the_length_of_audio(tmp_path, seconds):
    lines = ["audio,label,split"]
    for i in range(12):
        (tmp_path / f"{i}.wav").write_bytes(audio_file(0.5 + i / 1000))
        split = "val" if i > 8 else "train"
        lines.append(f"{i}.wav,{'ab'[i % 2]},{split}")
    (tmp_path / "0.wav").write_bytes(audio_file(seconds))
    (tmp_path / "clips.csv").write_text("\n".join(lines))
    result = CliRunner().invoke(app, ["check", "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert "audio: median 0.50" in output
    assert f" s, longest {max(seconds, 0.511):g} s" in output
    expected = (
        "1 of 12 is longer than 2 s and is truncated (longest 3 s); set data."
    )
    assert (expected in output) == (seconds > 2)
