"""The self-check of an export: every kind of input and of target passes it."""

import json

import keras
import pytest
import tiny_tasks
from checks import run_python
from png_images import PNG

import mmkeras
from mmkeras import serving
from mmkeras.serving import check
from mmkeras.serving import golden
from mmkeras.serving import replay

NAMES = mmkeras.list_models()
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Exports are made on the TensorFlow backend.",
)
# Takes the file by its path, as the check does: without mmkeras.
REPLAY = """
import json, pathlib, runpy, sys

for package in ("keras", "keras_hub", "tf_keras", "mmkeras"):
    sys.modules[package] = None
replay = runpy.run_path(sys.argv[1])["replay"]
for folder in sys.argv[2:]:
    answers = json.dumps(replay(folder))
    pathlib.Path(folder, "answers.json").write_text(answers, "utf-8")
"""


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted({n.split("-")[0] for n in NAMES}))
def test_every_architecture_passes_its_own_check(task, tmp_path):
    """Checks all of a task in one process, where the check starts many."""
    exports = {
        name: serving.export(
            tiny_tasks.build(name, image=PNG), tmp_path / name, check=False
        )
        for name in mmkeras.list_models(task)
    }
    done = run_python(REPLAY, replay.__file__, *exports.values())
    assert not done.returncode, done.stderr
    for path in exports.values():
        answers = json.loads((path / "answers.json").read_text("utf-8"))
        check.compare(path, answers)


# What other quick tests export is left to them and to the slow test above.
KINDS = {
    "text, audio and a number": ("sentiment-text-audio-concat", "number"),
    "several labels": ("classify-text-bow", "multi"),
    "turns and candidates": ("dialogue-text-image-late", "single"),
    "turns and a written answer": ("dialogue-text-image-transformer", "single"),
    "features, video and a label per step": (
        "sentiment-text-audio-video-context",
        "single",
    ),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """A version folder, and outputs that its check accepts."""
    task = tiny_tasks.build("classify-text-bow")
    folder = tmp_path_factory.mktemp("exports") / "text"
    path = serving.export(task, folder, check=False)
    outputs = [row["outputs"] for row in golden.read(path)]
    assert any(row["error"] for row in outputs)
    return path, outputs


def test_features_are_absent_as_nan(tmp_path):
    task = tiny_tasks.build("classify-features-mlp", features_shape=(3, 4))
    path = serving.export(task, tmp_path / "features", check=False)
    card = json.loads((path / golden.NAME).read_text("utf-8"))
    assert card["inputs"]["features"] == {
        "dtype": "float32",
        "shape": [None, 3, 4],
        "absent": "NaN",
    }


def test_errors_may_be_worded_otherwise(expected):
    path, outputs = expected
    reworded = [
        {**row, "error": "unreadable" if row["error"] else ""}
        for row in outputs
    ]
    check.compare(path, {"together": reworded})


@pytest.mark.parametrize("key, value", [("error", "unreadable"), ("label", "")])
def test_one_different_answer_is_refused(expected, key, value):
    path, outputs = expected
    changed = [{**outputs[0], key: value}, *outputs[1:]]
    with pytest.raises(RuntimeError, match="row 0"):
        check.compare(path, {"alone": changed})


@pytest.mark.parametrize(
    "kind",
    [
        k if k == "several labels" else pytest.param(k, marks=pytest.mark.slow)
        for k in KINDS
    ],
)
def test_every_kind_of_input_and_target_passes_the_check(kind, tmp_path):
    task = tiny_tasks.build(*KINDS[kind], image=PNG)
    path = serving.export(task, tmp_path / "exports", check=False)
    check.compare(path, replay.replay(path))


def test_numbers_in_print_agree_as_numbers():
    one = {"label": "0.886476", "probability": [0.88647646], "error": ""}
    other = {"label": "0.886477", "probability": [0.88647681], "error": ""}
    assert check._same(one, other)
    assert not check._same(one, {**other, "label": "0.9"})
    named = {"label": "1.000000", "probability": [0.4, 0.6], "error": ""}
    assert not check._same(named, {**named, "label": "1.000001"})
