"""A run as a preset: written, found, loaded, evaluated, listed."""

import json
import shutil

import command_line
import h5py
import huggingface_hub
import numpy as np
import pytest
import tensorflow as tf
import tiny_tasks
from command_line import call

import mmkeras
from mmkeras import hub
from mmkeras.data.datasets import terms
from mmkeras.files import digests
from mmkeras.serving import half_precision
from mmkeras.serving import model_card
from mmkeras.serving import preset

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")
NAME = "my-classifier"
TEXTS = ["a good day 3", "a bad day 4", "", "something else"]


@pytest.fixture(scope="module", autouse=True)
def eager():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def write_table(folder):
    lines = [
        {
            "id": f"{split}-{i}",
            "split": split,
            "text": f"a {'good' if i % 2 else 'bad'} day {i}",
            "label": "pos" if i % 2 else "neg",
        }
        for split in ("train", "val", "test")
        for i in range(12)
    ]
    path = folder / "table.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    home = tmp_path_factory.mktemp("run")
    return command_line.train(
        home,
        *["classify-text-bow", "--data", write_table(home)],
        *["train.epochs=2", "train.batch_size=4", "model.dim=8"],
        *["train.precision=float32", "data.min_count=1"],
    )


@pytest.fixture(scope="module")
def folder(run):
    path = run.parent / "presets" / NAME
    written = call("preset", run, path, "--license", "apache-2.0")
    assert written.exit_code == 0, written.output
    return path


@pytest.fixture
def found(folder, monkeypatch):
    monkeypatch.setenv(hub.presets.VARIABLE, str(folder.parent))


def copy(folder, home):
    return shutil.copytree(folder, home / "copy")


def seal(folder):
    """Writes the digests of files that were changed."""
    path = folder / hub.CARD
    card = json.loads(path.read_text())
    card["sha256"] = {n: digests.digest(folder / n) for n in card["sha256"]}
    path.write_text(json.dumps(card))


def test_predicts_as_the_run_does(run, folder, found):
    expected = mmkeras.load(run).answer({"text": TEXTS})
    for name in (NAME, folder, str(folder)):
        answer = mmkeras.load(name).answer({"text": TEXTS})
        assert answer["label"].tolist() == expected["label"].tolist()
        pair = answer["probability"], expected["probability"]
        np.testing.assert_allclose(*pair, atol=2e-3)


def test_the_command_line_takes_its_name(run, found):
    by_name = call("predict", NAME, "--text", "a good day")
    assert by_name.exit_code == 0, by_name.output
    assert by_name.stdout.split("\t")[0] == "pos"
    other = call("predict", "my-clasifier", "--text", "a good day")
    assert other.exit_code == 1
    assert "Did you mean my-classifier" in other.output


def test_has_the_files_of_a_preset(folder):
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("README.md", "config.json", "metadata.json", "model.weights.h5"),
        *("results.json", "run.json", "task.json", "training.json"),
    }
    hub.check(folder)


def test_names_no_path(run, folder):
    for path in folder.iterdir():
        assert str(run.parent).encode() not in path.read_bytes(), path


def test_evaluates_as_the_run_and_stays_as_it_is(run, folder):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    metrics = mmkeras.evaluate(folder, "test", data=run.parent / "table.jsonl")
    results = json.loads((run / "results.json").read_text())
    published = results["test"]["metrics"]["accuracy"]
    assert metrics["accuracy"] == pytest.approx(published, abs=1e-3)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_figures_are_measured_again_if_asked(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    results = json.loads((other / "results.json").read_text())
    published = results["test"]["metrics"]["accuracy"]
    results["test"]["metrics"]["accuracy"] = 0.123
    (other / "results.json").write_text(json.dumps(results))
    written = call("preset", other, tmp_path / NAME, "--evaluate")
    assert written.exit_code == 0, written.output
    hub.check(tmp_path / NAME)
    metrics = json.loads((tmp_path / NAME / "results.json").read_text())
    accuracy = metrics["test"]["metrics"]["accuracy"]
    assert accuracy == pytest.approx(published, abs=1e-3)
    card = (tmp_path / NAME / "README.md").read_text()
    assert "12.3" not in card and f"{100 * accuracy:.1f}" in card
    figure = hub.read_card(tmp_path / NAME)["preset"]["figure"]
    assert figure == f"accuracy {100 * accuracy:.1f} %"
    assert json.loads((other / "results.json").read_text()) == results


def test_its_results_are_not_added_to_others(run, folder, tmp_path):
    data = run.parent / "table.jsonl"
    with pytest.raises(ValueError, match="is a preset"):
        mmkeras.evaluate(folder, "test", data=data, results=tmp_path)


def test_without_data_the_error_asks_for_it(folder):
    with pytest.raises(ValueError, match="--data"):
        mmkeras.evaluate(folder)


def test_a_training_starts_with_it(run, found, tmp_path):
    task = mmkeras.train(
        "classify-text-bow",
        data=run.parent / "table.jsonl",
        out=tmp_path / "run",
        init=NAME,
        epochs=1,
        batch_size=4,
        learning_rate=1e-9,
        config={"model.dim": 8, "data.min_count": 1},
        precision="float32",
    )
    expected = mmkeras.load(NAME).model.get_weights()
    for pair in zip(task.model.get_weights(), expected):
        np.testing.assert_allclose(*pair, atol=1e-4)
    card = json.loads((tmp_path / "run" / "run.json").read_text())
    assert card["before"]["commands"]
    assert f"--init {NAME}" in card["command"] or card["arguments"]["init"]


def test_the_card_has_the_options_of_each_split():
    scores = {
        split: {"metrics": {"cider": 0.4}, "generate": {"beam": beam}}
        for split, beam in (("val", 3), ("test", 10))
    }
    card = {"arguments": {"dataset": "flickr8k", "seed": 1}}
    text = model_card._figures({"name": "mine"}, card, scores)
    for options in (
        "--split val generate.beam=3",
        "--split test generate.beam=10",
    ):
        assert f"mmkeras evaluate mine {options}\n" in text


def test_the_card_has_the_metadata_of_the_hub(run, folder):
    card = huggingface_hub.ModelCard.load(folder / "README.md")
    assert card.data.license == "apache-2.0"
    assert card.data.pipeline_tag == "text-classification"
    assert "mmkeras" in card.data.tags
    results = json.loads((run / "results.json").read_text())["test"]["metrics"]
    values = {r.metric_type: r.metric_value for r in card.data.eval_results}
    assert values["accuracy"] == pytest.approx(results["accuracy"], abs=1e-4)
    assert "mmkeras predict my-classifier" in card.text
    assert "2 possible answers: neg, pos" in card.text
    assert "mmkeras train classify-text-bow" in card.text


@pytest.mark.parametrize(
    "architecture, command",
    [
        (
            "emotion-text-context",
            "predict mine --text $'Ann: Hello!\\nBob: Hi.'",
        ),
        ("dialogue-text-image-late", "chat mine --image photo.jpg"),
        ("classify-image-audio-concat", "predict mine photo.jpg recording.wav"),
    ],
)
def test_the_card_has_the_command_of_its_inputs(architecture, command):
    task = tiny_tasks.build(architecture)
    text = model_card._use({"name": "mine"}, task)
    assert f"mmkeras {command}" in text


def test_a_data_set_s_terms_are_stated():
    assert terms.get("flickr8k").name == "research-and-non-commercial"
    assert "non-commercial" in terms.get("flickr8k").text
    assert terms.get("easy-vqa").license == "mit"
    assert terms.get("unheard-of").license == "other"


def test_it_is_listed(found):
    listed = call("list", "--presets")
    assert listed.exit_code == 0, listed.output
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    [row] = [row for row in rows if row[0] == NAME]
    assert row[1] == "classify" and row[-1] == "apache-2.0"
    assert row[3].startswith("accuracy ")
    names = call("list", "--presets", "--names-only").stdout.split()
    assert NAME in names
    none = call("list", "--presets", "--task", "chess")
    assert none.exit_code == 1 and "chess" in none.output


def test_a_damaged_one_does_not_hide_the_others(folder, tmp_path, monkeypatch):
    shutil.copytree(folder, tmp_path / "good")
    (shutil.copytree(folder, tmp_path / "bad") / hub.CARD).write_text("{")
    monkeypatch.setenv(hub.presets.VARIABLE, str(tmp_path))
    listed = call("list", "--presets")
    assert listed.exit_code == 0
    assert "good\tclassify" in listed.stdout
    assert "bad" not in listed.stdout and "bad" in listed.stderr


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_truncated_file_is_named(folder, tmp_path, name):
    path = copy(folder, tmp_path)
    data = (path / name).read_bytes()
    (path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="SHA-256"):
        mmkeras.load(path)
    seal(path)
    with pytest.raises(ValueError, match=name):
        mmkeras.load(path)


def test_code_is_refused(folder, tmp_path):
    path = copy(folder, tmp_path)
    config = json.loads((path / "config.json").read_text())
    layers = config["config"]["layers"]
    layers[-1] = {**layers[-1], "class_name": "Lambda"}
    (path / "config.json").write_text(json.dumps(config))
    seal(path)
    with pytest.raises(ValueError, match="Lambda"):
        mmkeras.load(path)


def test_an_unfinished_run_is_refused(run, tmp_path):
    part = shutil.copytree(run, tmp_path / "run")
    (part / "training.json").unlink()
    with pytest.raises(FileNotFoundError, match="training.json is missing"):
        preset.write(part, tmp_path / "preset")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["", "a b", "-a", "x" * 97, "é"])
def test_a_name_that_the_hub_refuses_is_refused(run, tmp_path, name):
    with pytest.raises((ValueError, FileExistsError)):
        preset.write(run, f"{tmp_path}/{name}")


def test_a_preset_is_neither_replaced_nor_written_again(run, folder):
    with pytest.raises(FileExistsError, match=NAME):
        preset.write(run, folder)
    with pytest.raises(ValueError, match="already"):
        preset.write(folder, folder.with_name("again"))


def test_nothing_is_left_if_writing_fails(run, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(preset.model_card, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        preset.write(run, tmp_path / "preset")
    assert not list(tmp_path.iterdir())


def test_matrices_are_in_half_precision(tmp_path):
    path = tmp_path / "a.weights.h5"
    rng = np.random.default_rng(0)
    arrays = {
        "matrix": rng.normal(size=(4, 5)).astype("float32"),
        "vector": np.array([1e-9, 3.0], "float32"),
        "large": np.array([[1e6, 1.0]], "float32"),
        "infinite": np.array([[np.inf, 1.0]], "float32"),
        "empty": np.zeros((0, 3), "float32"),
        "integers": np.arange(6).reshape(2, 3),
    }
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[f"layer/{name}"] = values
        file["layer"].attrs["name"] = "dense"
    half_precision.convert(path)
    with h5py.File(path) as file:
        layer = file["layer"]
        assert layer.attrs["name"] == "dense"
        assert layer["matrix"].dtype == "float16"
        error = np.abs(layer["matrix"][()] - arrays["matrix"]).max()
        assert 0 < error < 2e-3
        for name in ("vector", "large", "infinite", "empty", "integers"):
            assert layer[name].dtype == arrays[name].dtype, name
            np.testing.assert_array_equal(layer[name][()], arrays[name])
    assert [p.name for p in tmp_path.iterdir()] == ["a.weights.h5"]
