"""The self-check of an export: every kind of input and of target passes it."""

import json
import os
import subprocess
import sys

import keras
import pytest
import tiny_tasks

import mmkeras
from mmkeras import serving
from mmkeras.serving import check
from mmkeras.serving import golden
from mmkeras.serving import replay

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Exports are made on the TensorFlow backend.",
)


@pytest.fixture(scope="module")
def replayed():
    """Replays exports in one process, in which there is only TensorFlow."""
    code = """
import json, sys
for package in ("keras", "keras_hub", "tf_keras", "mmkeras"):
    sys.modules[package] = None  # As in `replay.py`.
import runpy, traceback
replay = runpy.run_path(sys.argv[1])["replay"]
for line in sys.stdin:
    try:
        answers = replay(line.strip())
    except Exception:
        answers = traceback.format_exc()
    print(json.dumps(answers), flush=True)
"""
    quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    path = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code, replay.__file__],
        env={**os.environ, **quiet, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def answers(folder):
            process.stdin.write(f"{folder}\n")
            process.stdin.flush()
            found = json.loads(process.stdout.readline())
            assert isinstance(found, dict), found
            return found

        yield answers
        process.stdin.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", mmkeras.list_models())
def test_every_architecture_passes_its_own_check(name, replayed, tmp_path):
    task = tiny_tasks.build(name)
    path = serving.export(task, tmp_path / "exports", check=False)
    assert path.name == "1"
    check.compare(path, replayed(path))


KINDS = {
    "audio": ("classify-audio-cnn", "single"),
    "text, audio and a number": ("sentiment-text-audio-concat", "number"),
    "several labels": ("classify-text-bow", "multi"),
    "turns and candidates": ("dialogue-text-image-late", "single"),
    "turns and a written answer": ("dialogue-text-image-transformer", "single"),
    "features, video and a label per step": (
        "sentiment-text-audio-video-context",
        "single",
    ),
    "text in a sequence of steps": ("emotion-text-context", "single"),
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
    task = tiny_tasks.build("dialogue-text-scene-gru")
    path = serving.export(task, tmp_path / "scene", check=False)
    card = json.loads((path / golden.NAME).read_text("utf-8"))
    assert card["inputs"]["scene"] == {
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


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_input_and_target_passes_the_check(kind, tmp_path):
    task = tiny_tasks.build(*KINDS[kind])
    path = serving.export(task, tmp_path / "exports", check=False)
    check.compare(path, replay.replay(path))
