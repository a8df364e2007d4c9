"""What a table's labels are: said, overridden, stored, checked."""

import json

import pytest
from typer.testing import CliRunner

from mmkeras.cli import app

TRAIN = [
    *["train", "classify-text-bow", "train.epochs=1"],
    *["model.dim=4", "train.precision=float32"],
]


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def check(path, *options):
    return call("check", "--data", path, *options)


def write(path, labels, splits=None):
    lines = ["text,label" + ",split" * bool(splits)]
    for i, label in enumerate(labels):
        split = f",{splits[i % len(splits)]}" if splits else ""
        lines.append(f"day {'good bad'.split()[i % 2]},{label}{split}")
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    "labels, said",
    [
        (["good", "bad", "neutral"], "label: 3 classes (bad, good, neutral)"),
        (["pos|glad", "pos", "neg|dull", "neg"], "label: several of 4 labels"),
        (["0.5", "9.2"], "label: number from 0.5 to 9.2"),
        (["true", "false"], "label: 2 classes (false, true)"),
        (["1", "2"], "label: 2 classes (1, 2)"),
    ],
)
def test_check_says_what_the_labels_are(tmp_path, labels, said):
    found = check(write(tmp_path / "a.csv", labels * 10))
    assert found.exit_code == 0, found.output
    assert said in found.output


def test_check_takes_a_target(tmp_path):
    path = write(tmp_path / "a.csv", ["1", "2"] * 10)
    found = check(path, "--target", "number")
    assert "label: number from 1 to 2" in found.output
    path = write(tmp_path / "b.csv", ["1", "two"] * 10)
    found = check(path, "--target", "number")
    assert found.exit_code == 1
    assert "finite number" in found.output
    found = call("check", "--data", path, "--kind", "captions", *TARGET)
    assert found.exit_code == 1


TARGET = ("--target", "class")


@pytest.mark.parametrize(
    "labels, splits, named",
    [
        (["same"] * 8, ["train", "val"], "all 4 training rows"),
        (
            ["a", "b"] * 4 + ["c"],
            ["train"] * 8 + ["val"],
            "label 'c' is in val",
        ),
        (["a", "b"] * 4 + ["c"], ["train"] * 8 + ["test"], "'c' is in test"),
        (["a", "b"] * 4, ["val"], "no training rows"),
        (["1.5", "2"] * 4 + ["nan"], None, "finite number"),
        (["a", "b"] * 4, ["train"] * 7 + [""], "expected train, val or test"),
    ],
)
def test_check_names_what_training_refuses(tmp_path, labels, splits, named):
    found = check(write(tmp_path / "a.csv", labels, splits))
    assert found.exit_code == 1
    assert named in " ".join(found.output.split())


@pytest.mark.parametrize(
    "labels, splits, named",
    [
        (["same"] * 8, ["train", "val"], "all 4 training rows"),
        (["a", "b"] * 4, ["val"], "no training rows"),
    ],
)
def test_training_refuses_what_check_named(tmp_path, labels, splits, named):
    path = write(tmp_path / "a.csv", labels, splits)
    found = call(*TRAIN, "--data", path, "--out", tmp_path / "run")
    assert found.exit_code == 1
    assert named in " ".join(found.output.split())


def test_a_target_is_refused_where_labels_are_of_one_kind(tmp_path):
    captioner = ["train", "caption-cnn-lstm", "--data", tmp_path]
    target = "task.target=class"
    found = call(*captioner, "--out", tmp_path / "run", target)
    assert found.exit_code == 1 and "no key 'task.target'" in found.output
    published = ["train", "classify-text-bow", "--data", "meld"]
    found = call(*published, "--out", tmp_path / "run", target)
    assert found.exit_code == 1 and "your own data" in found.output


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on whole numbers, taken as a number."""
    home = tmp_path_factory.mktemp("number")
    table = write(home / "a.csv", ["1", "2", "3", "4"] * 10)
    arguments = [*TRAIN, "--data", table, "--out", home / "run"]
    found = call(*arguments, "task.target=number")
    assert found.exit_code == 0, found.output
    assert "label: number from 1 to 4" in found.output
    return home / "run", arguments


@pytest.mark.slow
def test_a_target_is_stored_in_the_run(run):
    run, arguments = run
    card = json.loads((run / "run.json").read_text())
    assert card["arguments"]["task"]["target"] == "number"
    found = call(*arguments, "task.target=class")
    assert found.exit_code == 1 and "target" in found.output


@pytest.mark.slow
def test_a_run_is_measured_on_what_it_was_trained_on(run, tmp_path):
    table = write(tmp_path / "b.csv", ["1", "3"] * 10, ["train", "test"])
    other = ["--data", table]
    found = call("evaluate", run[0], "--split", "test", *other)
    assert found.exit_code == 0, found.output
    metrics = json.loads((run[0] / "results.json").read_text())
    assert "mae" in metrics["test"]["metrics"]
    found = call(
        "report", run[0], "--split", "test", *other, "--bootstrap-samples", "2"
    )
    assert found.exit_code == 0, found.output


@pytest.mark.slow
def test_labels_that_are_sometimes_several_are_trained(tmp_path):
    labels = ["pos|glad", "pos ", "neg|dull", "neg"] * 10 + ["new"]
    path = write(tmp_path / "a.csv", labels, ["train"] * 30 + ["val"] * 11)
    found = call(*TRAIN, "--data", path, "--out", tmp_path / "run")
    assert found.exit_code == 0, found.output
    assert "label: several of 4 labels (dull, glad, neg, pos)" in found.output
    assert "white space" in found.output
    assert "Skipped 42" in found.output
