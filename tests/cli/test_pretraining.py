"""Pretraining and transfer from the command line."""

import json

import command_line
import pytest
from command_line import call

from mmkeras.data.synthetic import shapes
from mmkeras.files import atomic

pytestmark = pytest.mark.usefixtures("eager_models")
SIZES = ["model.dim=8", "data.image_size=32", "data.min_count=1"]
TRAIN = [
    *["train.epochs=1", "train.batch_size=8", "train.precision=float32"],
    *[*SIZES, "data.max_length=10"],
]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return shapes.write(tmp_path_factory.mktemp("scenes"), 8, 3, 3)


@pytest.fixture(scope="module")
def run(scenes, tmp_path_factory):
    return command_line.train(
        *[tmp_path_factory.mktemp("runs"), "pretrain-image-text", *TRAIN],
        *["model.depth=1", "model.heads=2", "--data", scenes],
    )


def test_each_target_is_logged_and_scored(run):
    header, values = (run / "log.csv").read_text().splitlines()
    row = dict(zip(header.split(","), values.split(",")))
    for name in ("embeddings", "matching", "words"):
        assert 0 < float(row[f"{name}_loss"]) < float(row["loss"])
    scores = atomic.read_json(run / "results.json")["test"]["metrics"]
    assert scores["recall_mean_low"] <= scores["recall_mean"]
    for name in ("matching_accuracy", "words_accuracy"):
        assert 0 <= scores[name] <= 1
        assert f"val_{name}" in row


def test_pairs_are_matched_and_texts_find_images(run, scenes, tmp_path):
    photos = sorted(scenes.parent.rglob("*.jpg"))[:3]
    table = tmp_path / "pairs.jsonl"
    rows = [{"image": str(p), "text": "a red circle"} for p in photos]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = call("predict", run, table, "--jsonl")
    assert result.exit_code == 0, result.output
    for line in result.stdout.splitlines():
        row = json.loads(line)
        assert -1 <= row["similarity"] <= 1 and 0 <= row["matching"] <= 1
    result = call("index", run, *photos, "--out", tmp_path / "index")
    assert result.exit_code == 0, result.output
    result = call("search", tmp_path / "index", "a red circle", "--top", 2)
    assert len(result.stdout.splitlines()) == 2
    result = call("report", run, "--bootstrap-samples", 5)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
@pytest.mark.usefixtures("checks_here")
def test_export_has_all_signatures(run, tmp_path):
    from mmkeras import serving

    result = call("export", run, tmp_path / "export")
    assert result.exit_code == 0, result.output
    for signature, key in (
        ("serving_default", "matching"),
        ("embed_image", "embedding"),
        ("embed_text", "embedding"),
    ):
        exported = serving.load(tmp_path / "export", signature)
        answers = exported.predict({"text": ["a red circle"]})
        assert len(answers[key]) == 1


@pytest.mark.slow
def test_the_report_says_whether_pretraining_helps(run, scenes, tmp_path):
    trained = command_line.train(
        *[tmp_path, "caption-cnn-transformer", *TRAIN, "model.depth=1"],
        *["model.heads=2", "--data", scenes],
    )
    report = ["report", trained, "--transfer", run, "--seeds", 2]
    report += ["--fractions", "0.5,1", "--bootstrap-samples", 5]
    result = call(*report)
    assert result.exit_code == 0, result.output
    assert "branches of" in result.output and "2 of 2" not in result.output
    content = atomic.read_json(trained / "report-val" / "report.json")
    transfer = content["transfer"]
    assert transfer["rows"] == [4, 8] and len(transfer["pretrained"]) == 2
    assert transfer["summary"] in result.output
    assert (trained / "report-val" / "transfer.png").exists()
    [home] = trained.glob("transfer-run-*")
    runs = sorted(home.glob("*-percent-seed-*"))
    assert len(runs) == 8
    card = atomic.read_json(home / "50-percent-seed-1-pretrained" / "run.json")
    train = card["arguments"]["train"]
    assert train["init_branches"] == ["image"] and train["fraction"] == 0.5
    assert card["arguments"]["data"]["image_size"] is None
    times = {path: (path / "best.npz").stat().st_mtime_ns for path in runs}
    again = call(*report)  # Nothing is trained again.
    assert again.exit_code == 0, again.output
    assert transfer["summary"] in again.output
    for path, time in times.items():
        assert (path / "best.npz").stat().st_mtime_ns == time
