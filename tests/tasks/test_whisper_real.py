"""The published Whisper, on real speech."""

import json

import pytest

import mmkeras
from mmkeras import metrics

pytestmark = [pytest.mark.slow, pytest.mark.realdata]


def test_spoken_captions_are_recognised(pretrained, data_folder):
    table = data_folder / "flickr8k" / "spoken" / "table.jsonl"
    if not table.exists():
        pytest.skip(f"needs {table}")
    preset = pretrained("whisper_tiny_en")
    task = mmkeras.load(f"whisper:{preset}")
    decoder = task.target.decoder(task.model)
    published = json.loads(open(f"{preset}/suppress_ids.json").read())
    ids = [i - 1 for i in decoder.suppress if 0 < i < 50364]  # No timestamps.
    assert set(ids) == {*published["suppress_ids"]}
    first = [i - 1 for i in decoder.suppress_first]
    assert first == published["suppress_ids_begin"]
    rows = [json.loads(line) for line in table.open()][::50]
    files = [str(table.parent / row["audio"]) for row in rows]
    plain = task.answer({"audio": files[:3]}, beam=5)["text"]
    options = task.generation_options()
    assert options["fallback"]  # By default, and without effect on good ones.
    again = task.answer({"audio": files[:3]}, **options)["text"]
    assert plain.tolist() == again.tolist()
    texts = task.answer({"audio": files})["text"]
    errors, words = metrics.word_errors(
        texts, [row["text"] for row in rows]
    ).sum(axis=0)
    assert errors / words < 0.055
