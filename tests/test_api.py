"""Python functions that do what the command line does."""

import json

import pytest
from checks import only_tensorflow
from typer.testing import CliRunner

import mmkeras
from mmkeras import serving
from mmkeras.cli import app
from mmkeras.data.synthetic import shapes
from mmkeras.files import atomic

pytestmark = [only_tensorflow, pytest.mark.usefixtures("eager_models")]
NAME = "classify-text-bow"
CONFIG = {"model.dim": 4, "data.min_count": 1, "train.precision": "float32"}


def rows(count=8):
    return [
        {"text": f"a {'good bad'.split()[i % 2]} day {i}", "label": "ab"[i % 2]}
        | {"split": split}
        for split in ("train", "val", "test")
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "days.jsonl"
    path.write_text("\n".join(map(json.dumps, rows())))
    return path


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    mmkeras.train(NAME, data=table, out=out, epochs=1, config=CONFIG)
    return out


def test_train_returns_the_task_of_the_run(tmp_path):
    task = mmkeras.train(
        NAME, data=rows(), out=tmp_path / "run", epochs=1, config=CONFIG
    )
    assert task.answer({"text": ["a good day"]})["label"][0] in ("a", "b")
    card = atomic.read_json(tmp_path / "run" / "run.json")
    assert card["arguments"]["train"]["epochs"] == 1
    assert card["arguments"]["model"] == {"dim": 4, "dropout": 0.3}
    assert set(atomic.read_json(tmp_path / "run" / "results.json")) == {"val"}
    with pytest.raises(ValueError, match="Give the data with `data`"):
        mmkeras.evaluate(tmp_path / "run")
    scores = mmkeras.evaluate(tmp_path / "run", "test", data=rows())
    assert 0 <= scores["accuracy"] <= 1


def test_the_command_line_resumes_a_run_of_python(run, table):
    log = (run / "log.csv").read_bytes()
    pairs = [f"{key}={value}" for key, value in CONFIG.items()]
    words = ["train", NAME, "--data", table, "--out", run, "train.epochs=1"]
    result = CliRunner().invoke(app, [*map(str, words), *pairs])
    assert result.exit_code == 0, result.output
    assert (run / "log.csv").read_bytes() == log


def test_evaluate_returns_the_metrics_that_it_writes(run):
    scores = mmkeras.evaluate(run, split="test")
    results = atomic.read_json(run / "results.json")["test"]
    assert results["metrics"] == scores and results["data"] == "days.jsonl"
    with pytest.raises(ValueError, match="no options of generation.*beam"):
        mmkeras.evaluate(run, beam=3)


def test_predict_answers_each_example(run, table):
    predictions = mmkeras.predict(
        run, ["a good day", {"text": "a bad day"}, None]
    )
    assert [x["label"] in ("a", "b") for x in predictions] == [
        True,
        True,
        False,
    ]
    assert [bool(x["error"]) for x in predictions] == [False, False, True]
    assert len(mmkeras.predict(run, table)) == 24
    with pytest.raises(ValueError, match="Expected a list of examples"):
        mmkeras.predict(run, "a good day")
    with pytest.raises(ValueError, match="takes text. Received: image"):
        mmkeras.predict(run, [{"image": "a.jpg"}])


@pytest.mark.slow
@pytest.mark.usefixtures("checks_here")
def test_export_is_served(run, tmp_path):
    mmkeras.export(run, tmp_path / "days")
    served = serving.load(tmp_path / "days")
    [expected] = mmkeras.predict(run, ["a good day"])
    answer = served.predict({"text": ["a good day"]})
    assert answer["label"][0] == expected["label"]


def test_a_run_is_trained_again_from_its_run_json(run, tmp_path):
    mmkeras.train(config=run / "run.json", out=tmp_path / "again")
    cards = [
        atomic.read_json(path / "run.json")
        for path in (run, tmp_path / "again")
    ]
    assert cards[0]["arguments"] == cards[1]["arguments"]
    assert cards[0]["path"] == cards[1]["path"]
    results = [
        atomic.read_json(path / "results.json")["val"]["metrics"]
        for path in (run, tmp_path / "again")
    ]
    assert results[0] == results[1]


def test_keys_take_precedence_over_a_configuration(run, tmp_path):
    out = tmp_path / "other"
    words = ["train", "--config", run / "run.json", "--out", out]
    words += ["--seed", "1", "train.epochs=2"]
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    arguments = atomic.read_json(out / "run.json")["arguments"]
    assert (arguments["seed"], arguments["train"]["epochs"]) == (1, 2)
    assert arguments["model"]["dim"] == 4


def test_what_training_needs_is_named(tmp_path):
    with pytest.raises(ValueError, match="Missing: name, data, out"):
        mmkeras.train()
    with pytest.raises(ValueError, match="Missing: data, out"):
        mmkeras.train(NAME)
    with pytest.raises(ValueError, match="Did you mean 'train.epochs'"):
        mmkeras.train(NAME, data=rows(), out=tmp_path / "run", epoch=1)
    assert not (tmp_path / "run").exists()


def test_the_functions_are_found_in_the_package():
    assert {"train", "evaluate", "predict", "export"} <= set(dir(mmkeras))


@pytest.mark.slow
@pytest.mark.usefixtures("checks_here")
def test_options_of_generation_reach_captions_and_exports(tmp_path):
    source = shapes.write(tmp_path / "shapes", 8, 4, 4)
    mmkeras.train(
        "caption-cnn-lstm",
        data=source,
        out=tmp_path / "run",
        epochs=1,
        config={"model.dim": 8, "data.image_size": 32, "generate.beam": 2},
    )
    results = atomic.read_json(tmp_path / "run" / "results.json")
    assert results["val"]["generate"] == {"beam": 2, "length_penalty": 0.7}
    options = {"beam": 2, "samples": 4}
    scores = mmkeras.evaluate(tmp_path / "run", "test", **options)
    assert "cider" in scores
    images = sorted((source.parent / "images").glob("test-*"))
    predictions = mmkeras.predict(tmp_path / "run", images, **options)
    assert [answer["error"] for answer in predictions] == [""] * 4
    mmkeras.export(tmp_path / "run", tmp_path / "captions", **options)
    served = serving.load(tmp_path / "captions")
    answers = served.predict({"image": [x.read_bytes() for x in images]})
    assert list(answers["text"]) == [answer["text"] for answer in predictions]
