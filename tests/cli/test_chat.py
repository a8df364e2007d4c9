"""`mmkeras chat`: a dialogue in the terminal."""

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
    codecs_by_field = {"image": codecs.Image(side), "history": turns}
    codecs_by_field |= {
        "question": WORDS,
        "label": codecs.Labels(["blue", "red"]),
    }
    sizes = {"vocabulary_size": len(WORDS), "history_shape": turns.shape}
    if name.endswith("late"):
        codecs_by_field["candidates"] = turns
        codecs_by_field["label"] = codecs.Labels(["0", "1"])
        sizes["candidates_shape"] = turns.shape
    else:
        sizes["num_classes"] = 2
    model = mmkeras.build_model(name, **{**mmkeras.get(name).tiny, **sizes})
    return Classify(model, codecs_by_field).save(folder)


def chat(*arguments, text=""):
    return CliRunner().invoke(app, ["chat", *map(str, arguments)], input=text)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return save(tmp_path_factory.mktemp("run"), "dialogue-text-image-modules")


def test_one_answer_a_turn(run, tmp_path, monkeypatch):
    path = tmp_path / "red.png"
    path.write_bytes(question_datasets.image("red"))
    questions = ["What colour is it?", "Is it red?", "Is it blue?", "Is it it?"]
    task, turns = mmkeras.load(run), []
    monkeypatch.setattr(mmkeras, "load", lambda folder: task)
    result = chat(run, "--image", path, text="\n\n".join(questions))
    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    for question, (answer, probability) in zip(questions, lines, strict=True):
        batch = {"image": [path.read_bytes()], "question": [question]}
        answers = task.answer({**batch, "history": [turns[-2:] or None]})
        assert answers["label"] == [answer]
        assert f"{answers['probability'].max():.3f}" == probability
        turns.append(f"{question} {answer}")


def test_a_image_that_cannot_be_read(run, tmp_path):
    path = tmp_path / "bad.png"
    path.write_bytes(b"junk")
    result = chat(run, "--image", path, text="What colour is it?\n")
    assert result.exit_code == 1 and "image: " in result.output


@pytest.mark.slow
def test_ranks_the_lines_of_a_file(tmp_path):
    folder = save(tmp_path / "run", "dialogue-text-image-late")
    path = tmp_path / "answers.txt"
    path.write_text("red\n\nblue\n")
    result = chat(folder, "--candidates", path, text="Is it red?\n")
    assert result.exit_code == 0, result.output
    assert result.stdout.split("\t")[0] in ("red", "blue")
    result = chat(folder, text="Is it red?\n")
    assert result.exit_code == 1 and "requires candidates" in result.output


def test_refuses_a_model_without_dialogues(tmp_path):
    model = mmkeras.build_model(
        "classify-text-bow", **mmkeras.get("classify-text-bow").tiny
    )
    codecs_by_field = {"text": WORDS, "label": codecs.Labels(["a", "b", "c"])}
    folder = Classify(model, codecs_by_field).save(tmp_path / "run")
    result = chat(folder, text="Hello?\n")
    assert result.exit_code == 1
    assert "takes a question and a history" in result.output
