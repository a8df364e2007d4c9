"""Types of the labels of a table: printed, overridden, stored, checked."""

import json

import pytest
from command_line import call

TRAIN = [
    *["train", "classify-text-bow", "train.epochs=1"],
    *["model.dim=4", "train.precision=float32"],
]


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
    "labels, note",
    [
        (["good", "bad", "neutral"], "label: 3 classes (bad, good, neutral)"),
        (["pos|glad", "pos", "neg|dull", "neg"], "label: several of 4 labels"),
        (["0.5", "9.2"], "label: number from 0.5 to 9.2"),
        (["true", "false"], "label: 2 classes (false, true)"),
        (["1", "2"], "label: 2 classes (1, 2)"),
    ],
)
def test_check_prints_the_type_of_the_labels(tmp_path, labels, note):
    result = check(write(tmp_path / "a.csv", labels * 10))
    assert result.exit_code == 0, result.output
    assert note in result.output


def test_check_takes_a_target(tmp_path):
    path = write(tmp_path / "a.csv", ["1", "2"] * 10)
    result = check(path, "--target", "number")
    assert "label: number from 1 to 2" in result.output
    path = write(tmp_path / "b.csv", ["1", "two"] * 10)
    result = check(path, "--target", "number")
    assert result.exit_code == 1
    assert "finite number" in result.output
    result = call("check", "--data", path, "--kind", "captions", *TARGET)
    assert result.exit_code == 1


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
    result = check(write(tmp_path / "a.csv", labels, splits))
    assert result.exit_code == 1
    assert named in " ".join(result.output.split())


@pytest.mark.parametrize(
    "labels, splits, named",
    [
        (["same"] * 8, ["train", "val"], "all 4 training rows"),
        (["a", "b"] * 4, ["val"], "no training rows"),
    ],
)
def test_training_refuses_what_check_named(tmp_path, labels, splits, named):
    path = write(tmp_path / "a.csv", labels, splits)
    result = call(*TRAIN, "--data", path, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert named in " ".join(result.output.split())


def test_a_target_is_refused_where_labels_are_of_one_kind(tmp_path):
    captioner = ["train", "caption-cnn-lstm", "--data", tmp_path]
    target = "task.target=class"
    result = call(*captioner, "--out", tmp_path / "run", target)
    assert result.exit_code == 1 and "no key 'task.target'" in result.output
    published = ["train", "classify-text-bow", "--data", "meld"]
    result = call(*published, "--out", tmp_path / "run", target)
    assert result.exit_code == 1 and "your own data" in result.output


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on whole numbers, taken as a number."""
    home = tmp_path_factory.mktemp("number")
    table = write(home / "a.csv", ["1", "2", "3", "4"] * 10)
    arguments = [*TRAIN, "--data", table, "--out", home / "run"]
    result = call(*arguments, "task.target=number")
    assert result.exit_code == 0, result.output
    assert "label: number from 1 to 4" in result.output
    return home / "run", arguments


@pytest.mark.slow
def test_a_target_is_stored_in_the_run(run):
    run, arguments = run
    card = json.loads((run / "run.json").read_text())
    assert card["arguments"]["task"]["target"] == "number"
    result = call(*arguments, "task.target=class")
    assert result.exit_code == 1 and "target" in result.output


@pytest.mark.slow
def test_a_run_is_measured_on_what_it_was_trained_on(run, tmp_path):
    table = write(tmp_path / "b.csv", ["1", "3"] * 10, ["train", "test"])
    other = ["--data", table]
    result = call("evaluate", run[0], "--split", "test", *other)
    assert result.exit_code == 0, result.output
    metrics = json.loads((run[0] / "results.json").read_text())
    assert "mae" in metrics["test"]["metrics"]
    result = call(
        "report", run[0], "--split", "test", *other, "--bootstrap-samples", "2"
    )
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_labels_that_are_sometimes_several_are_trained(tmp_path):
    labels = ["pos|glad", "pos ", "neg|dull", "neg"] * 10 + ["new"]
    path = write(tmp_path / "a.csv", labels, ["train"] * 30 + ["val"] * 11)
    result = call(*TRAIN, "--data", path, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "label: several of 4 labels (dull, glad, neg, pos)" in result.output
    assert "white space" in result.output
    assert "Skipped 42" in result.output
