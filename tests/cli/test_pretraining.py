"""Pretraining and transfer from the command line."""

import json

import command_line
import multimodal_rows
import numpy as np
import pytest
from command_line import call

from mmkeras import serving
from mmkeras.files import atomic

pytestmark = [
    pytest.mark.slow,  # The library beneath has quick tests.
    pytest.mark.usefixtures("eager_models"),
]
TRAIN = [
    *["train.epochs=1", "train.batch_size=4", "train.precision=float32"],
    *["model.dim=8", "data.image_size=32"],
]
PRETRAIN = [*TRAIN, "model.depth=1", "model.heads=2", "data.min_count=1"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    counts = (("train", 12), ("val", 6), ("test", 6))
    splits = [multimodal_rows.rows(*pair) for pair in counts]
    path = folder / "pairs.jsonl"
    lines = multimodal_rows.lines(folder, *splits)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    return command_line.train(
        *[tmp_path_factory.mktemp("runs"), "pretrain-image-text", *PRETRAIN],
        *["--data", table],
    )


def test_each_target_is_logged_and_scored(run):
    header, values = (run / "log.csv").read_text().splitlines()
    row = dict(zip(header.split(","), values.split(",")))
    for name in ("embeddings", "matching", "words"):
        assert 0 < float(row[f"{name}_loss"]) < float(row["loss"])
    scores = atomic.read_json(run / "results.json")["test"]["metrics"]
    assert scores["recall_mean_low"] <= scores["recall_mean"]
    for name in ("matching_accuracy", "words_accuracy"):
        assert 0 <= scores[name] <= 1 and f"val_{name}" in row


def test_pairs_are_matched_and_texts_find_images(run, table, tmp_path):
    result = call("predict", run, table, "--jsonl")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 24 and result.exit_code == 1
    for row in lines:  # One in eleven has no image.
        assert -1 <= row["similarity"] <= 1 and 0 <= row["matching"] <= 1
        assert ("error" in row) == row["id"].endswith("-10")
    photos = sorted(table.parent.glob("*.png"))[:3]
    result = call("index", run, *photos, "--out", tmp_path / "index")
    assert result.exit_code == 0, result.output
    result = call("search", tmp_path / "index", "the sun there", "--top", 2)
    assert len(result.stdout.splitlines()) == 2
    result = call("report", run, "--bootstrap-samples", 5)
    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("checks_here")
def test_export_has_all_signatures(run, table, tmp_path):
    result = call("export", run, tmp_path / "export")
    assert result.exit_code == 0, result.output
    values = {
        "image": [next(table.parent.glob("*.png")).read_bytes()],
        "text": ["the sun there"],
    }
    answers = {
        "serving_default": values,
        "embed_image": {"image": values["image"]},
        "embed_text": {"text": values["text"]},
    }
    for signature, batch in answers.items():
        exported = serving.load(tmp_path / "export", signature)
        answers[signature] = exported.predict(batch)
    vectors = [answers[f"embed_{field}"]["embedding"] for field in values]
    cosine = np.sum(np.multiply(*vectors))
    [similarity] = answers["serving_default"]["similarity"]
    assert similarity == pytest.approx(cosine, abs=1e-4)
    assert 0 < answers["serving_default"]["matching"][0] < 1


def test_the_report_says_whether_pretraining_helps(run, table, tmp_path):
    trained = command_line.train(
        *[tmp_path, "classify-image-cnn", *TRAIN, "--data", table],
    )
    report = ["report", trained, "--transfer", run, "--seeds", 1]
    report += ["--fractions", "0.5,1", "--bootstrap-samples", 5]
    result = call(*report)
    assert result.exit_code == 0, result.output
    assert f"branches of {run}: image" in result.output
    content = atomic.read_json(trained / "report-val" / "report.json")
    transfer = content["transfer"]
    assert transfer["summary"] in result.output
    assert (trained / "report-val" / "transfer.png").exists()
    [home] = trained.glob("transfer-run-*")
    runs = sorted(home.glob("*-percent-seed-*"))
    assert len(runs) == 4
    for column, name in enumerate(("50-percent", "100-percent")):
        for arm in ("without", "pretrained"):
            path = home / f"{name}-seed-0-{arm}" / "results.json"
            scores = atomic.read_json(path)["val"]["metrics"]
            assert transfer[arm][column] == [scores["accuracy"]]
    card = atomic.read_json(home / "50-percent-seed-0-pretrained" / "run.json")
    train = card["arguments"]["train"]
    assert train["init_branches"] == ["image"] and train["fraction"] == 0.5
    assert card["fraction"]["rows"] == [*transfer["rows"]]
    times = {path: (path / "best.npz").stat().st_mtime_ns for path in runs}
    again = call(*report)  # Nothing is trained again.
    assert again.exit_code == 0, again.output
    assert transfer["summary"] in again.output
    for path, time in times.items():
        assert (path / "best.npz").stat().st_mtime_ns == time
