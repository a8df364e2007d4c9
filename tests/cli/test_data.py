"""`--data`: a published data set, or the path of your own."""

import json

import pytest
from command_line import call

from mmkeras.files import atomic

TRAIN = [
    *["train", "classify-text-bow", "train.epochs=1", "model.dim=4"],
    *["train.precision=float32", "data.max_length=8"],
]


def plain(result):
    """The output without the line breaks of the terminal."""
    return " ".join(result.output.split())


def write(path, count=24, text="sentence", label="class"):
    splits = ["train"] * 4 + ["val", "test"]
    lines = [f"{text},{label},split"]
    for i in range(count):
        lines.append(
            f"a {'good bad'.split()[i % 2]} day,{i % 2},{splits[i % 6]}"
        )
    path.write_text("\n".join(lines))
    return path


COLUMNS = ["--column", "label=class", "--column", "text=sentence"]


def test_check_reads_columns_of_other_names(tmp_path):
    path = write(tmp_path / "days.csv")
    result = call("check", "--data", path)
    assert result.exit_code == 1
    assert "Did you mean `text` for `sentence`" in plain(result)
    assert "`--column text=sentence`" in plain(result)
    result = call("check", "--data", path, *COLUMNS)
    assert result.exit_code == 0, result.output
    assert "days.csv" in result.output and "2 classes (0, 1)" in result.output
    result = call("check", "--data", path, "--column", "label")
    assert "--column expects COLUMN=NAME" in plain(result)


def test_check_takes_the_kind(tmp_path):
    path = write(tmp_path / "days.csv", text="text", label="label")
    assert call("check", "--data", path, "--kind", "labels").exit_code == 0
    result = call("check", "--data", path, "--kind", "captions")
    assert result.exit_code == 1
    assert "This is a table of labels, for classifiers" in plain(result)


@pytest.mark.parametrize(
    "name", ["table", "folder", "labelled", "questions", "dialogues"]
)
def test_former_names_say_what_to_write(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    result = call("check", "--data", name)
    assert result.exit_code == 1
    assert "--data photos.jsonl" in plain(result)
    result = call(*TRAIN, "--data", name, "--folder", "a.csv", "--out", "run")
    assert result.exit_code == 1
    assert "`--data a.csv`" in plain(result)


def test_a_path_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "days.csv")
    result = call(*TRAIN, "--data", "day.csv", "--out", "run")
    assert result.exit_code == 1
    assert "Did you mean 'days.csv'" in plain(result)


def test_training_asks_for_the_columns_of_its_task(tmp_path):
    path = write(tmp_path / "days.csv", text="text", label="label")
    train = ["train", "vqa-cnn-bow", "--data", path, "--out", tmp_path / "run"]
    result = call(*train)
    assert result.exit_code == 1
    assert "expected columns image and question and answer" in plain(result)
    assert "Received: ['text', 'label', 'split']" in plain(result)
    assert "`--column image=NAME`" in plain(result)


def test_results_that_are_not_published_need_their_data(tmp_path):
    entry = {
        "before": [],
        "command": "mmkeras train m --data days.csv --out run",
        "evaluation": "mmkeras evaluate run --split test",
        "metrics": {},
    }
    path = tmp_path / "m--days.csv.json"
    content = {
        "model": "m",
        "data": "days.csv",
        "mean": {},
        "seeds": {0: entry},
    }
    path.write_text(json.dumps(content))
    result = call("reproduce", path)
    assert result.exit_code == 1
    assert "'days.csv'. Give its path with --data." in plain(result)


@pytest.mark.slow
def test_a_run_remembers_where_and_how_its_data_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, results = write(tmp_path / "days.csv"), tmp_path / "results"
    train = [*TRAIN, "--data", "days.csv", "--out", "run", *COLUMNS]
    result = call(*train, "--results", results)
    assert result.exit_code == 0, result.output
    card = atomic.read_json(tmp_path / "run" / "run.json")
    assert card["arguments"]["dataset"] == "labels"
    assert card["path"] == str(path)
    assert card["columns"] == {"label": "class", "text": "sentence"}
    (published,) = results.glob("*.json")
    assert published.name == "classify-text-bow--days.csv.json"
    assert str(tmp_path) not in published.read_text()
    monkeypatch.chdir("/")
    run = tmp_path / "run"
    for verb in (["evaluate"], ["report", "--bootstrap-samples", "2"]):
        result = call(verb[0], run, *verb[1:])
        assert result.exit_code == 0, result.output
        assert "days.csv, val (4 rows)" in result.output
    result = call("predict", run, path)
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 24
    other = write(tmp_path / "more.csv", 60)
    result = call("evaluate", run, "--data", other)
    assert "more.csv, val (10 rows)" in result.output
    other = write(tmp_path / "plain.csv", 60, "text", "label")
    result = call("evaluate", run, "--data", other)
    assert "no column `class`" in plain(result)
    same = ["--column", "label=label", "--column", "text=text"]
    result = call("evaluate", run, "--data", other, *same)
    assert result.exit_code == 0, result.output
    other = write(tmp_path / "said.csv", 6, "said")
    result = call("predict", run, other)
    assert result.exit_code == 1 and "expected columns text" in plain(result)
    for answered in (
        call("predict", run, other, "--column", "text=said"),
        call("predict", run, tmp_path / "plain.csv"),
    ):
        assert answered.exit_code == 0, answered.output
