"""Texts of all languages, with emoji, on the command line."""

import json

import pytest
from typer.testing import CliRunner

import mmkeras
from mmkeras.cli import app

pytestmark = pytest.mark.usefixtures("eager_models")
EPOCHS = ["train.epochs=2", "train.batch_size=8", "train.learning_rate=0.05"]


def run(*arguments):
    return CliRunner().invoke(app, [str(x) for x in arguments])


def table(folder, texts):
    """Writes a table of texts by label, all of them in each split."""
    path = folder / "data.jsonl"
    rows = [
        {"text": text, "label": label, "split": split}
        for split, times in (("train", 12), ("val", 2))
        for _ in range(times)
        for label, text in texts.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.parametrize(
    ("texts", "words", "is_reported"),
    [
        ({"pos": "today 😀", "neg": "today 😡"}, {"😀", "😡", "today"}, False),
        ({"pos": "今天很好", "neg": "今天很差"}, {*"今天很好差"}, True),
    ],
)
def test_training_knows_the_tokens_that_tell_labels(
    tmp_path, texts, words, is_reported
):
    folder, out = table(tmp_path, texts), tmp_path / "run"
    command = ["train", "classify-text-bow"]
    done = run(*command, "--data", folder, "--out", out, *EPOCHS)
    assert done.exit_code == 0, done.output
    assert ("each character of Chinese" in done.output) == is_reported
    task = mmkeras.load(out)
    assert set(task.codecs["text"].vocabulary[4:]) == words
    answers = task.answer({"text": [*texts.values(), "\u200b"]})
    assert answers["label"].tolist() == [*texts, ""]
