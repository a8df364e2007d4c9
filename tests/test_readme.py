"""The Python code of the README runs, and its table of losses is right."""

import json
import re
import shlex

import keras
import numpy as np
import PIL.Image
import pytest
import tiny_captioners
from architectures import batch
from architectures import tiny
from checks import EAGER
from checks import ROOT
from checks import numpy
from checks import only_tensorflow

import mmkeras
from mmkeras.cli import settings
from mmkeras.training import config
from mmkeras.training import config_keys

README = (ROOT / "README.md").read_text()
HEAD, *SECTIONS = re.split(r"^## ", README, flags=re.M)
PLAIN_KERAS = next(x for x in SECTIONS if x.startswith("Plain Keras\n"))
# The losses of the table, by the targets they are for.
LOSSES = dict(
    re.findall(r"^\| ([\w ]*\w).* \| `(.*[Ll]oss.*)` \|$", PLAIN_KERAS, re.M)
)
RNG = np.random.default_rng(0)
CASES = {
    "one label per example": ("classify-text-bow", {}, RNG.integers(3, size=4)),
    "several labels per example": (
        "classify-text-bow",
        {},
        RNG.integers(2, size=(4, 3)),
    ),
    "a number": (
        "classify-features-mlp",
        {"num_classes": 1},
        RNG.normal(size=(4, 1)),
    ),
    "one label per utterance": (
        "sentiment-text-context",
        {},
        np.array([[0, 1, 2, -1, -1]] * 4),
    ),
    "the right answer among": (
        "dialogue-text-image-late",
        {},
        RNG.integers(3, size=4),
    ),
    "text": ("caption-cnn-lstm", {}, np.array([[4, 5, 6, 2, 0, 0]] * 4)),
    "pairs": ("retrieve-image-text", {}, np.arange(4)),
}


COMMANDS = re.findall(r"^mmkeras [^\n#]*[^\n# ]", README, re.M)
COMMANDS += re.findall(r"`(mmkeras [^`]*)`", README)


def run(text, **variables):
    """Executes the Python code of a text; returns the variables it leaves."""
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(code, variables)
    return variables


@pytest.fixture(scope="module")
def plain_keras(eager_models):
    return run(PLAIN_KERAS)


def test_plain_keras_trains_a_classifier(plain_keras):
    assert plain_keras["logits"].shape == (8, 3)
    assert np.isfinite(plain_keras["logits"]).all()
    assert plain_keras["presence"].sum() == 12


def test_plain_keras_generates_captions(plain_keras):
    assert plain_keras["tokens"].shape == (8, 10)
    assert plain_keras["tokens"].max() < 7


@only_tensorflow
def test_a_trained_run_is_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny_captioners.tiny("caption-cnn-lstm").save("runs/attend")
    PIL.Image.new("RGB", (30, 20)).save("photo.jpg")
    captioner = run(HEAD)["captioner"]
    assert list(captioner.answer({"image": ["photo.jpg"]})) != []


def test_all_losses_of_the_table_are_tested():
    assert list(LOSSES) == list(CASES)


@pytest.mark.parametrize("targets", CASES)
def test_a_model_learns_with_the_loss_of_the_table(targets):
    name, changes, y = CASES[targets]
    loss = eval(LOSSES[targets], {"keras": keras, "mmkeras": mmkeras})
    model = tiny(name, dropout=0.0, **changes)
    x = batch(model, size=4)
    before = float(loss(y, numpy(model(x))))
    model.compile(keras.optimizers.Adam(0.01), loss, **EAGER)
    model.fit(x, y, epochs=5, verbose=0)
    assert float(loss(y, numpy(model(x)))) < before


@pytest.mark.parametrize(
    "targets, padding", [("text", 0), ("one label per utterance", -1)]
)
def test_padding_costs_nothing(targets, padding):
    loss = eval(LOSSES[targets], {"keras": keras, "mmkeras": mmkeras})
    y = CASES[targets][2]
    logits = RNG.normal(size=(*y.shape, 11)).astype("float32")
    other = np.where((y == padding)[..., None], 9 * logits, logits)
    np.testing.assert_allclose(
        numpy(loss(y, other)), numpy(loss(y, logits)), rtol=1e-6
    )


@pytest.mark.parametrize(
    "command",
    [shlex.join(shlex.split(x)) for x in COMMANDS if "=" in x],
)
def test_the_keys_of_every_command_exist(command):
    verb, *words = shlex.split(command)[1:]
    [name, *_], values = settings.split([x for x in words if x != "..."])
    if verb != "train" or name.startswith("--"):
        name = "caption-cnn-lstm"  # All that are evaluated generate text.
    assert values or "--column" in words
    config.check(name, config_keys.keys(name), values)


@pytest.mark.slow
def test_every_key_that_is_named_exists():
    named = set(re.findall(r"`(\w+\.\w+)(?:=[^`]*)?`", README))
    groups = tuple(f"{group}." for group in config_keys.GROUPS)
    known = {
        key for name in mmkeras.list_models() for key in config_keys.keys(name)
    }
    in_python = {"model.fit", "model.input", "task.answer"}
    in_python |= {"generate.fallback"}  # Of Whisper, which is not trained.
    named = {key for key in named if key.startswith(groups)} - in_python
    assert named and named <= known


@only_tensorflow
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # Of equal captions.
@pytest.mark.usefixtures("checks_here")
def test_python_does_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = next(x for x in SECTIONS if x.startswith("Configuration\n"))
    lines = []
    for split, count in (("train", 8), ("val", 4), ("test", 4)):
        for i in range(count):
            size = 8 * (1 + len(lines)), 64
            path = tmp_path / "photos" / f"{len(lines) + 1}.jpg"
            path.parent.mkdir(exist_ok=True)
            PIL.Image.new("RGB", size, (i, 0, 0)).save(path)
            row = {"image": f"photos/{path.name}", "caption": "a red box"}
            lines.append(json.dumps({**row, "split": split}))
    (tmp_path / "photos.jsonl").write_text("\n".join(lines))
    found = run(section)
    assert "cider" in found["scores"] and len(found["answers"]) == 2
    assert found["path"].name == "1"
    assert found["task"].model.name == "caption_cnn_lstm"
