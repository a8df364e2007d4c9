"""A talk in the terminal."""

import keras
import pytest
import question_datasets
from typer.testing import CliRunner

import mmkeras
from mmkeras.cli import app
from mmkeras.data import codecs
from mmkeras.tasks import Classify

pytestmark = pytest.mark.usefixtures("eager_models")
WORDS = codecs.Text(["what", "colour", "is", "it", "red", "blue"], 8)


def save(folder, name):
    """A small model that was never trained."""
    keras.utils.set_random_seed(0)
    turns = codecs.Dialogue(**{**WORDS.get_config(), "turns": 2})
    side = mmkeras.get(name).tiny["image_shape"][:2]
    kept = {"image": codecs.Image(side), "history": turns}
    kept |= {"question": WORDS, "label": codecs.Labels(["blue", "red"])}
    sizes = {"vocabulary_size": len(WORDS), "history_shape": turns.shape}
    if name.endswith("late"):
        kept["candidates"] = turns
        kept["label"] = codecs.Labels(["0", "1"])
        sizes["candidates_shape"] = turns.shape
    else:
        sizes["num_classes"] = 2
    model = mmkeras.build_model(name, **{**mmkeras.get(name).tiny, **sizes})
    return Classify(model, kept).save(folder)


def chat(*arguments, said=""):
    return CliRunner().invoke(app, ["chat", *map(str, arguments)], input=said)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return save(tmp_path_factory.mktemp("run"), "dialogue-text-image-modules")


def test_one_answer_a_turn(run, tmp_path, monkeypatch):
    path = tmp_path / "red.png"
    path.write_bytes(question_datasets.image("red"))
    asked = ["What colour is it?", "Is it red?", "Is it blue?", "Is it it?"]
    task, turns = mmkeras.load(run), []
    monkeypatch.setattr(mmkeras, "load", lambda folder: task)
    found = chat(run, "--image", path, said="\n\n".join(asked))
    assert found.exit_code == 0, found.output
    lines = [line.split("\t") for line in found.stdout.splitlines()]
    for question, (answer, chance) in zip(asked, lines, strict=True):
        batch = {"image": [path.read_bytes()], "question": [question]}
        said = task.answer({**batch, "history": [turns[-2:] or None]})
        assert said["label"] == [answer]
        assert f"{said['probability'].max():.3f}" == chance
        turns.append(f"{question} {answer}")


def test_a_image_that_cannot_be_read(run, tmp_path):
    path = tmp_path / "bad.png"
    path.write_bytes(b"junk")
    found = chat(run, "--image", path, said="What colour is it?\n")
    assert found.exit_code == 1 and "image: " in found.output


def test_ranks_the_lines_of_a_file(tmp_path):
    folder = save(tmp_path / "run", "dialogue-text-image-late")
    path = tmp_path / "answers.txt"
    path.write_text("red\n\nblue\n")
    found = chat(folder, "--candidates", path, said="Is it red?\n")
    assert found.exit_code == 0, found.output
    assert found.stdout.split("\t")[0] in ("red", "blue")
    found = chat(folder, said="Is it red?\n")
    assert found.exit_code == 1 and "requires candidates" in found.output


def test_refuses_a_model_that_holds_no_talk(tmp_path):
    model = mmkeras.build_model(
        "classify-text-bow", **mmkeras.get("classify-text-bow").tiny
    )
    kept = {"text": WORDS, "label": codecs.Labels(["a", "b", "c"])}
    folder = Classify(model, kept).save(tmp_path / "run")
    found = chat(folder, said="Hello?\n")
    assert found.exit_code == 1
    assert "takes a question and a history" in found.output
