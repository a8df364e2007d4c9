"""The command line on classifiers, from a table to an export."""

import json

import command_line
import multimodal_rows
import numpy as np
import pytest
import soundfile
from command_line import call

from mmkeras import word_vectors
from mmkeras.files import atomic
from mmkeras.serving import client

pytestmark = [
    pytest.mark.slow,  # The library beneath has quick tests.
    pytest.mark.usefixtures("eager_models"),
]
NAME = "classify-image-audio-concat"
SHORT = [
    *["train.epochs=3", "train.batch_size=8", "model.dim=8"],
    "train.precision=float32",
]
TRAIN = [*SHORT, "data.image_size=16", "data.audio_seconds=0.125"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    sizes = {"train": 48, "val": 12, "test": 12}
    splits = [multimodal_rows.rows(*size) for size in sizes.items()]
    lines = map(json.dumps, multimodal_rows.lines(folder, *splits))
    (folder / "table.jsonl").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    home = tmp_path_factory.mktemp("runs")
    return command_line.train(home, NAME, *TRAIN, "--data", table)


def test_train_measures_every_subset_and_publishes(run, table):
    result = atomic.read_json(run / "results.json")
    metrics = result["val"]["metrics"]
    parts = ("", "image", "audio", "image+audio")
    assert {f"subset_{part}" for part in parts} <= set(metrics)
    assert {"accuracy", "majority", "mismatch_image"} <= set(metrics)
    path = run.parent / "results" / f"{NAME}--{table.name}.json"
    entry = atomic.read_json(path)
    assert entry["mean"]["accuracy"] == result["test"]["metrics"]["accuracy"]
    page = run.parent / "page.md"
    written = call("results", "--folder", path.parent, "--out", page)
    assert written.exit_code == 0, written.output
    assert "| accuracy |" in page.read_text()
    assert "BLEU" not in page.read_text()


def test_check(table):
    result = call("check", "--data", table)
    assert result.exit_code == 0, result.output
    assert "image + audio" in result.output


def test_predict_one_example_or_a_table(run, table):
    sound = next(iter(sorted(table.glob("test-*.wav"))))
    result = call("predict", run, sound)
    assert result.exit_code == 0, result.output
    assert result.stdout.split("\t")[0] in ("bright", "dark")
    result = call("predict", run, table / "table.jsonl", "--jsonl")
    assert result.exit_code == 0, result.output
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == 72 and answers[0]["id"] == "train-0"
    assert sum(answers[0]["probability"].values()) == pytest.approx(1, abs=1e-3)


def test_predict_says_that_a_sound_is_cut(run, tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(16000), 8000)
    result = call("predict", run, path)
    assert result.exit_code == 0, result.output
    assert (
        "audio: 1 of 1 is longer than 0.125 s and is truncated (longest 2 s); "
        "train with a greater data.audio_seconds"
    ) in result.stderr


def test_train_says_that_sounds_are_cut(table, tmp_path):
    options = [*SHORT, "data.audio_seconds=0.05", "train.epochs=1"]
    result = call(
        *["train", "classify-audio-cnn", *options, "--data", table],
        *["--out", tmp_path / "run"],
    )
    assert result.exit_code == 0, result.output
    cut = "are longer than 0.05 s and are truncated (longest 0.1 s)"
    assert cut in result.stdout


@pytest.mark.parametrize(
    "start",
    [["model.image=some"], ["--init", "some"], ["train.cache_at=some"]],
)
def test_a_start_that_does_not_exist_or_fit_is_refused(table, tmp_path, start):
    result = call(
        *["train", NAME, "--data", table, "--out", tmp_path / "run", *start]
    )
    assert result.exit_code == 1
    assert "some" in result.output


@pytest.mark.parametrize(
    "pair", ["task.reward=bleu", "generate.beam=3", "train.temperature=1"]
)
def test_keys_of_captioning_models_do_not_exist(table, tmp_path, pair):
    result = call(
        *["train", NAME, "--data", table, "--out", tmp_path / "run", pair]
    )
    assert result.exit_code == 1
    key = pair.partition("=")[0]
    assert f"{NAME} has no key '{key}'" in result.output


def test_predict_refuses_what_the_model_does_not_take(run, table):
    result = call("predict", run, "--text", "hello")
    assert result.exit_code == 1
    assert "takes image, audio" in result.output
    result = call("predict", run, *sorted(table.glob("test-*.wav"))[:2])
    assert "second audio" in result.output
    result = call("predict", run, table)
    assert result.exit_code == 1
    assert "takes image, audio: give a table" in " ".join(result.output.split())


def test_predict_goes_on_after_a_bad_row(run, table, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"junk")
    good = str(table / "test-0.png")
    lines = [
        {"id": "x", "image": "bad.png"},
        {"id": "y"},
        {"id": "good", "image": good},
        {"id": "gone", "image": "gone.png"},
        {"id": "number", "image": 5},
        {"id": "null", "image": "a\0.png"},
        {"id": "uri", "image": "data:image/png;base64," + "A" * 5000},
        {"id": "folder", "image": "."},
        {"id": "zero", "image": "/dev/zero"},
        {"id": "half \ud83d", "image": "\ud83d.png"},
        {"id": {}, "image": good},
        {"id": "tab\tand\nline", "image": good},
    ]
    path = tmp_path / "some.jsonl"
    deep = '{"image": ' + "[" * 100_000
    path.write_text("\n".join([*map(json.dumps, lines), deep]))
    result = call("predict", run, path)
    assert result.exit_code == 1
    assert "x: image: " in result.stderr
    assert "gone: image: " in result.stderr and "no such file" in result.stderr
    assert "number: image: expected the path" in result.stderr
    assert "13: invalid JSON: nested too deeply" in result.stderr
    assert "Error: 1" not in result.output
    names = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert names[:3] == ["x", "y", "good"] and len(names) == 13
    assert names[9] == r"half \ud83d" and names[11] == r"tab\tand\nline"
    labels = [line.split("\t")[1] for line in result.stdout.splitlines()]
    answered = [i for i, label in enumerate(labels) if label]
    assert answered == [2, 11]
    result = call("predict", run, path, "--jsonl")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [i for i, row in enumerate(rows) if "error" not in row] == [2, 11]
    assert rows[3]["label"] == "" and rows[3]["probability"] == {}
    assert rows[11]["id"] == "tab\tand\nline"
    assert rows[9]["id"] == "half \ud83d"


def test_predict_reads_csv_and_tsv(run, table, tmp_path):
    good = table / "test-0.png"
    for name, separator in (("a.csv", ";"), ("a.tsv", "\t"), ("a.CSV", ",")):
        path = tmp_path / name
        cells = [["Image", "id"], [str(good), "one"], ["", "two"]]
        path.write_text("\n".join(map(separator.join, cells)))
        result = call("predict", run, path)
        assert result.exit_code == 1
        assert result.stdout.split("\t")[0] == "one"
        assert "two: example has no input: " in result.stderr


def test_predict_names_a_file_of_an_unknown_kind(run, tmp_path):
    path = tmp_path / "some.xlsx"
    path.write_bytes(b"PK")
    result = call("predict", run, path)
    assert result.exit_code == 1
    for kind in ("'.xlsx'", ".png", ".wav", ".jsonl", ".csv"):
        assert kind in result.output


@pytest.mark.usefixtures("checks_here")
def test_export(run, table, tmp_path):
    result = call("export", run, tmp_path / "export")
    assert result.exit_code == 0, result.output
    image = (table / "test-0.png").read_bytes()
    served = client.load(tmp_path / "export")
    answers = served.predict({"image": [image], "audio": [b""]})
    assert answers["label"][0] in ("bright", "dark") and answers["error"] == [
        ""
    ]


def test_report_with_each_modality_alone(run):
    result = call(
        "report", run, "--unimodal", "--robustness", "--bootstrap-samples", "50"
    )
    assert result.exit_code == 0, result.output
    assert "Fusion " in result.output and "image: blur" in result.output
    assert "no unimodal model" not in result.output
    report = atomic.read_json(run / "report-val" / "report.json")
    assert set(report) == {"scores", "confusion", "fusion_gain", "robustness"}
    scores = report["fusion_gain"]["scores"]
    assert set(scores) == {"majority", "prior", "image", "audio", "fusion"}
    assert scores["fusion"][0] == report["scores"]["accuracy"]
    assert report["fusion_gain"]["summary"] in result.output.replace("\n", " ")
    images = {path.stem for path in (run / "report-val").glob("*.png")}
    assert images == {
        *["confusion", "fusion_gain", "reliability", "robustness", "subsets"]
    }
    card = atomic.read_json(run / "unimodal-image" / "run.json")
    assert card["arguments"]["task"]["modalities"] == "image"
    again = call("report", run / "unimodal-image")  # By itself, a run like any.
    assert again.exit_code == 0, again.output


def test_report_against_another_run_and_a_baseline(run, tmp_path):
    result = call(
        *["report", run, "--compare", run, "--baseline", run],
        *["--max-examples", "6", "--bootstrap-samples", "20"],
    )
    assert result.exit_code == 0, result.output
    report = atomic.read_json(run / "report-val" / "report.json")
    assert report["fusion_gain"]["gains"]["run"] == [0, 0, 0]
    assert set(report["robustness"]["effective"].values()) == {0}


def test_train_begins_with_word_vectors(table, tmp_path):
    rows = [json.loads(x) for x in (table / "table.jsonl").open()]
    names = sorted({word for row in rows for word in row["text"].split()})
    vectors = tmp_path / "vectors.txt"
    word_vectors.write(
        vectors, word_vectors.Vectors(names, np.eye(len(names), 8))
    )
    result = call(
        *["train", "classify-text-bow", *SHORT, "--data", table],
        *[f"data.word_vectors={vectors}", "--out", tmp_path / "run"],
    )
    assert result.exit_code == 0, result.output
    card = atomic.read_json(tmp_path / "run" / "run.json")
    assert card["arguments"]["data"]["word_vectors"] == str(vectors)


def test_word_vectors_that_do_not_exist_are_named(table, tmp_path):
    result = call(
        *["train", "classify-text-bow", *SHORT, "--data", table],
        *["--out", tmp_path / "run"],
        f"data.word_vectors={tmp_path / 'none.txt'}",
    )
    assert result.exit_code == 1
    assert "none.txt" in result.output
