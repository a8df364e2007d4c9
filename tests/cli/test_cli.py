"""Every verb, on a world of sixteen images."""

import json
import re

import command_line
import image_files
import numpy as np
import pytest
from command_line import call

import mmkeras
from mmkeras.data import corruptions
from mmkeras.data.synthetic import shapes
from mmkeras.files import atomic

TRAIN = [
    *["train.epochs=2", "train.batch_size=20"],
    *["data.min_count=1", "data.image_size=32", "model.dim=16"],
    *["data.max_length=12"],
    *["train.precision=float32"],
]
pytestmark = pytest.mark.usefixtures("eager_models")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return shapes.write(folder, train=8, val=4, test=4)


@pytest.fixture(scope="module")
def run(world, tmp_path_factory):
    home = tmp_path_factory.mktemp("runs")
    name = "caption-cnn-attention-lstm"
    return command_line.train(home, name, *TRAIN, "--data", world)


@pytest.mark.slow
def test_report(run, world, monkeypatch):
    monkeypatch.setattr(corruptions, "names", lambda kind: ("noise",))
    result = call("report", run, "--robustness", "--max-examples", "2")
    assert result.exit_code == 0, result.output
    out = run / "report-val"
    report = atomic.read_json(out / "report.json")
    scores = report["scores"]
    for metric in ("cider", "bleu_4"):
        low, high = (scores[f"{metric}_{end}"] for end in ("low", "high"))
        assert low <= scores[metric] <= high
        drop = scores[f"{metric}_mismatch_image"]
        assert drop <= scores[metric]
        assert scores[f"{metric}_majority"] >= 0
    assert "shuffle_gap" in scores
    cell = f"{scores['cider']:.3f} ({scores['cider_low']:.3f} to "
    assert cell in result.output
    assert "CIDEr: majority baseline" in result.output
    assert "CIDEr: drop with permuted image" in result.output
    curves = report["robustness"]["curves"]
    assert {name: len(curve) for name, curve in curves.items()} == {
        "image: noise": 6
    }
    assert report["robustness"]["metric"] == "cider"
    assert (out / "captions.png").read_bytes()[:4] == b"\x89PNG"


def test_list():
    result = call("list", "--task", "caption", "--names-only").output.split()
    assert "caption-cnn-lstm" in result
    assert all(name.startswith("caption-") for name in result)


def test_list_of_an_unknown_task():
    result = call("list", "--task", "sing")
    assert result.exit_code == 1
    assert "No architecture is registered for the task 'sing'" in result.output


def test_describe():
    result = call("describe", "caption-cnn-lstm").output
    assert "https://arxiv.org/abs/1411.4555" in result
    assert "vocabulary_size" in result
    assert "decoder" in result


def test_describe_shows_batches_and_epochs_by_the_number_of_examples():
    result = call("describe", "classify-audio-cnn").output
    assert "training examples" in result
    rows = [line.strip("│ ").split() for line in result.splitlines()]
    assert ["100", "│", "8", "│", "84"] in rows
    assert ["100,000", "│", "64", "│", "20"] in rows


def test_describe_suggests():
    result = call("describe", "caption-cnn-lstn")
    assert result.exit_code == 1
    assert "Did you mean 'caption-cnn-lstm'?" in result.output


def test_check_of_a_good_data_set(world):
    result = call("check", "--data", world)
    assert result.exit_code == 0, result.output


def test_check_names_a_missing_image(world, tmp_path):
    bad = tmp_path / "table.jsonl"
    row = {"image": "gone.jpg", "captions": ["a dog"], "split": "train"}
    bad.write_text(json.dumps(row) + "\n")
    result = call("check", "--data", bad)
    assert result.exit_code == 1
    assert "missing" in result.output
    assert "gone.jpg" in result.output


def test_train_leaves_a_whole_run(run, world):
    names = {path.name for path in run.iterdir()}
    assert {"run.json", "log.csv", "curves.png", "task.json"} <= names
    assert list((run / "tensorboard").rglob("events.out.*"))
    results = atomic.read_json(run / "results.json")
    assert set(results) == {"val", "test"}
    assert 0 <= results["test"]["metrics"]["bleu_4"] <= 1
    published = atomic.read_json(
        run.parent
        / "results"
        / f"caption-cnn-attention-lstm--{world.name}.json"
    )
    entry = published["seeds"]["0"]
    assert str(run.parent) not in entry["command"]
    assert entry["metrics"] == results["test"]["metrics"]


def test_the_same_command_again_trains_no_more(run, world):
    log = (run / "log.csv").read_bytes()
    again = call(
        *["train", "caption-cnn-attention-lstm", *TRAIN],
        *["--data", world, "--out", run],
    )
    assert again.exit_code == 0, again.output
    assert re.search(
        r"Kept epoch \d of \d: highest val_cider; equal ones: the lowest val_l",
        again.output,
    )
    assert (run / "log.csv").read_bytes() == log


def test_another_command_is_refused(run, world):
    other = call(
        *["train", "caption-cnn-attention-lstm", *TRAIN, "--seed", "1"],
        *["--data", world, "--out", run],
    )
    assert other.exit_code == 1
    assert "seed was 0, is 1" in other.output


def test_a_run_does_not_overwrite_what_it_starts_from(run, world):
    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    result = call(
        *["train", "caption-cnn-attention-lstm", *TRAIN, "--data", world],
        *["--init", run, "--out", run, "--overwrite"],
    )
    assert result.exit_code == 1
    assert "`--init` and `--out` must be different folders" in result.output
    assert {path: path.stat().st_mtime_ns for path in run.iterdir()} == before


@pytest.mark.slow
def test_a_run_starts_from_another(run, world, tmp_path):
    def train(name):
        return call(
            *["train", name, *TRAIN, "--data", world, "--init", run],
            *["--out", tmp_path / name, "train.learning_rate=1e-9"],
        )

    result = train("caption-cnn-attention-lstm")
    assert result.exit_code == 0, result.output
    old = mmkeras.load(run).model
    new = mmkeras.load(tmp_path / "caption-cnn-attention-lstm").model
    for mine, other in zip(new.trainable_weights, old.trainable_weights):
        np.testing.assert_allclose(mine, other, atol=1e-6)
    card = json.loads(
        (tmp_path / "caption-cnn-attention-lstm" / "run.json").read_text()
    )
    first = json.loads((run / "training.json").read_text())
    assert card["before"]["seconds"] == first["seconds"]
    assert len(card["before"]["commands"]) == 1
    result = train("caption-cnn-lstm")
    assert result.exit_code == 1
    assert "does not match this model's" in result.output


@pytest.mark.slow
def test_a_captioner_learns_from_what_it_says(run, world, tmp_path):
    arguments = ["train", "caption-cnn-attention-lstm", *TRAIN]
    arguments += ["--data", world, "task.reward=cider"]
    result = call(*arguments, "--init", run, "--out", tmp_path / "rewarded")
    assert result.exit_code == 0, result.output
    old = mmkeras.load(run).model.trainable_weights
    new = mmkeras.load(tmp_path / "rewarded").model.trainable_weights
    assert any(np.abs(a - b).max() > 1e-5 for a, b in zip(new, old))
    result = call(*arguments, "--out", tmp_path / "anew")
    assert result.exit_code == 1
    assert "--init with a run of it. Received" in result.output


def test_evaluate(run, world):
    result = call("evaluate", run, "--split", "val", "--data", world)
    assert result.exit_code == 0, result.output
    assert "image-shuffle gap" in result.output
    lines = (run / "captions-val.jsonl").read_text().splitlines()
    assert len(lines) == 4


def test_predict_draws_where_it_looked(run, world, tmp_path):
    image = world.parent / "images" / "test-00000.jpg"
    result = call("predict", run, image, "--figure", tmp_path / "f.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "f.png").read_bytes()[1:4] == b"PNG"


def test_predict_goes_on_after_a_bad_image(run, world, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no image")
    good = world.parent / "images" / "test-00001.jpg"
    result = call("predict", run, bad, good, "--jsonl")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert "not a JPEG" in rows[0]["error"]
    assert "error" not in rows[1]


@pytest.mark.slow
def test_predict_survives_hostile_files(run, world, tmp_path):
    """Each gets a caption or an error, and the good one its own caption."""
    count = 1000
    good = world.parent / "images" / "test-00000.jpg"
    paths = []
    for i, data in enumerate(image_files.hostile(count, seed=11)):
        paths.append(tmp_path / f"{i:04}.jpg")
        paths[-1].write_bytes(data)
    arguments = [*paths[: count // 2], good, *paths[count // 2 :]]
    result = call("predict", run, *arguments, "--jsonl", "generate.beam=1")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [row["image"] for row in rows] == [str(path) for path in arguments]
    assert all(row.get("error", "-") for row in rows)
    refused = sum("error" in row for row in rows)
    assert 0.3 < refused / count < 0.9
    (alone,) = call(
        "predict", run, good, "--jsonl", "generate.beam=1"
    ).stdout.splitlines()
    assert rows[count // 2]["caption"] == json.loads(alone)["caption"]


@pytest.mark.slow
def test_export(run, tmp_path):
    result = call("export", run, tmp_path / "exports", "generate.beam=2")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "exports" / "1" / "saved_model.pb").exists()


def test_a_folder_without_a_run_is_one_line(tmp_path):
    result = call("predict", tmp_path, "photo.jpg")
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "no `task.json`" in result.output


@pytest.mark.slow
def test_quickstart(tmp_path):
    result = call(
        *["quickstart", "--folder", tmp_path, "--train", "60", "--epochs", "1"]
    )
    assert result.exit_code == 0, result.output
    assert "oracle captions" in result.output
    assert "photo.jpg\t" in result.output
    assert (tmp_path / "captions.png").exists()
