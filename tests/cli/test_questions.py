"""The verbs, on a table of questions about images of one colour."""

import json

import command_line
import pytest
import question_datasets
from command_line import call

from mmkeras.files import atomic
from mmkeras.serving import client

pytestmark = [
    pytest.mark.slow,  # The library beneath has quick tests.
    pytest.mark.usefixtures("eager_models"),
    # Two epochs are too few to learn anything.
    pytest.mark.filterwarnings("ignore:On the same training examples"),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    lines = []
    for split, count in (("train", 24), ("val", 6), ("test", 6)):
        for i, colour in enumerate(question_datasets.drawn(count)):
            name = f"{split}-{i}.png"
            question_datasets.show(folder / name, colour)
            answer = "yes" if colour == "red" else "no"
            for question, kind, answers in (
                ("What colour is it?", "colour", [colour, colour, "pink"]),
                ("Is it red?", "yes/no", [answer] * 3),
            ):
                line = {"image": name, "question": question, "type": kind}
                lines.append({**line, "answers": answers, "split": split})
    (folder / "table.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return folder


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    home = tmp_path_factory.mktemp("runs")
    return command_line.train(
        home,
        *["vqa-cnn-stacked-attention", "--data", table, "train.epochs=2"],
        *["train.batch_size=8", "data.image_size=32", "data.max_length=8"],
        *["model.dim=8", "train.precision=float32", "task.max_answers=5"],
    )


def test_train_measures_and_publishes(run, table):
    metrics = atomic.read_json(run / "results.json")["test"]["metrics"]
    types = {key for key in metrics if key.startswith("type_")}
    assert types == {"type_colour", "type_yes/no"}
    assert {"vqa_accuracy", "consistency"} <= set(metrics)
    page = run.parent / "page.md"
    home = run.parent / "results"
    written = call("results", "--folder", home, "--out", page)
    assert written.exit_code == 0, written.output
    assert "| colour questions |" in page.read_text()
    result = call("check", "--data", table)
    assert result.exit_code == 0, result.output


def test_predict_answers_and_draws_where_it_looked(run, table, tmp_path):
    arguments = ["--image", table / "test-0.png", "--question", "Is it red?"]
    result = call("predict", run, *arguments, "--figure", tmp_path / "f.png")
    assert result.exit_code == 0, result.output
    assert result.stdout.split("\t")[0] in ("red", "blue", "yes", "no")
    assert (tmp_path / "f.png").read_bytes()[1:4] == b"PNG"
    result = call("predict", run, table / "table.jsonl", "--jsonl")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 72


def test_report_and_question_only(run):
    result = call("report", run, "--unimodal", "--bootstrap-samples", "20")
    assert result.exit_code == 0, result.output
    assert "By question type" in result.output
    assert "no unimodal model" not in result.output
    report = atomic.read_json(run / "report-val" / "report.json")
    assert set(report["questions"]) == {"colour", "yes/no"}
    scores = report["fusion_gain"]["scores"]
    assert {"majority", "image", "question", "fusion"} <= set(scores)
    assert (run / "report-val" / "answers.png").exists()


@pytest.mark.usefixtures("checks_here")
def test_export(run, table, tmp_path):
    result = call("export", run, tmp_path / "answerer")
    assert result.exit_code == 0, result.output
    image = (table / "test-0.png").read_bytes()
    served = client.load(tmp_path / "answerer")
    answers = served.predict({"image": [image], "question": ["Is it red?"]})
    assert answers["label"][0] in ("red", "blue", "yes", "no")
