import json
import os
import re
import subprocess
import sys
import time

import image_files
import keras
import numpy as np
import pytest
import tiny_captioners
import tiny_presets
from checks import numpy

import mmkeras
from mmkeras import branches
from mmkeras import tasks
from mmkeras.data import codecs
from mmkeras.data.codecs import Image
from mmkeras.data.codecs import Text
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import saving

PHOTOGRAPHS = [image_files.save(image_files.ramp(), "PNG")]


@pytest.fixture(scope="module")
def saved(task, tmp_path_factory):
    """Files of a task, by name; never changed."""
    folder = task.save(tmp_path_factory.mktemp("saved"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(saved, tmp_path):
    """A folder with a task that a test may damage."""
    for name, data in saved.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def change(folder, **changes):
    path = folder / "task.json"
    card = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**card, **changes}), "utf-8")
    return card


def model_file(folder):
    (path,) = folder.glob("model-*.keras")
    return path


def test_save_and_load(task, folder):
    loaded = mmkeras.load(folder)
    assert type(loaded) is tasks.Caption
    assert type(loaded.codecs["image"]) is Image
    assert type(loaded.codecs["text"]) is Text
    for field, codec in task.codecs.items():
        assert loaded.codecs[field].get_config() == codec.get_config()
    for old, new in zip(task.model.weights, loaded.model.weights):
        np.testing.assert_array_equal(numpy(new), numpy(old))
    batch = {"image": PHOTOGRAPHS}
    assert (
        loaded.answer(batch)["text"].tolist()
        == task.answer(batch)["text"].tolist()
    )


def test_the_folder_is_readable_and_tidy(saved, task):
    assert len(saved) == 2
    card = json.loads(saved["task.json"])
    assert set(saved) == {"task.json", card["model"]}
    assert re.fullmatch(r"model-[0-9a-f]{8}\.keras", card["model"])
    assert card["task"] == "caption"
    assert "crème" in saved["task.json"].decode("utf-8")  # No escapes.


def test_save_makes_its_folder_and_says_where(task, tmp_path):
    folder = tmp_path / "a" / "b"
    assert task.save(str(folder)) == folder
    assert mmkeras.load(str(folder)).name == "caption"


def test_what_was_trained_in_half_precision_is_saved_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    task = tiny_captioners.tiny("caption-cnn-attention-lstm")
    keras.config.set_dtype_policy("float32")
    decoder = task.model.get_layer("decoder")
    assert decoder.compute_dtype == "bfloat16"
    loaded = mmkeras.load(task.save(tmp_path)).model
    assert loaded.get_layer("decoder").compute_dtype == "float32"
    assert loaded.get_layer("encoder").compute_dtype == "float32"
    assert decoder.compute_dtype == "bfloat16"  # Unchanged.


def test_a_second_save_replaces_the_first(folder):
    task = mmkeras.load(folder)
    first = model_file(folder)
    weight = task.model.get_layer("decoder").logits.bias
    weight.assign(numpy(weight) + 1)
    task.save(folder)
    assert model_file(folder) != first
    again = mmkeras.load(folder)
    np.testing.assert_array_equal(
        numpy(again.model.get_layer("decoder").logits.bias), numpy(weight)
    )


@pytest.mark.parametrize("year", [1970, 2121])
def test_save_works_at_any_date(task, tmp_path, monkeypatch, year):
    """ZIP holds the years 1980 to 2107."""
    date = time.struct_time((year, 1, 2, 3, 4, 5, 0, 2, 0))
    with monkeypatch.context() as patch:
        patch.setattr(time, "localtime", lambda *_: date)
        task.save(tmp_path)
    loaded = mmkeras.load(tmp_path)
    for old, new in zip(task.model.weights, loaded.model.weights):
        np.testing.assert_array_equal(numpy(new), numpy(old))


def test_a_save_removes_what_a_killed_one_left(folder):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = folder / f".task.{dead.pid}-0123abcd.part"
    left.mkdir()
    (left / "model.keras").touch()
    mmkeras.load(folder).save(folder)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("broken_at", [0, 1, 2])
def test_an_interrupted_save_leaves_the_old_task(
    folder, monkeypatch, broken_at
):
    old = numpy(mmkeras.load(folder).model.get_layer("decoder").logits.bias)
    task = mmkeras.load(folder)
    weight = task.model.get_layer("decoder").logits.bias
    weight.assign(numpy(weight) + 1)
    replace, done = os.replace, []

    def break_off(*args):
        if len(done) == broken_at:
            raise OSError("No space left on device")
        done.append(args)
        replace(*args)

    with monkeypatch.context() as patch:
        if (
            broken_at == 2
        ):  # While removing old files: the new model is complete.
            patch.setattr(
                saving.pathlib.Path,
                "unlink",
                lambda *_: break_off(),
            )
        patch.setattr(saving.os, "replace", break_off)
        with pytest.raises(OSError, match="No space"):
            task.save(folder)
    left = numpy(mmkeras.load(folder).model.get_layer("decoder").logits.bias)
    np.testing.assert_array_equal(left, old + (broken_at == 2))
    task.save(folder)
    assert len(list(folder.iterdir())) == 2
    bias = numpy(mmkeras.load(folder).model.get_layer("decoder").logits.bias)
    np.testing.assert_array_equal(bias, old + 1)


def test_a_folder_without_a_task_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="task.json.*mmkeras train"):
        mmkeras.load(tmp_path)


@pytest.mark.parametrize("damage", ["one bit", "cut", "swapped"])
def test_a_tampered_model_is_refused(folder, damage):
    file = model_file(folder)
    data = bytearray(file.read_bytes())
    if damage == "one bit":
        data[len(data) // 2] ^= 1
    if damage == "cut":
        data = data[:-100]
    if damage == "swapped":
        other = tiny_captioners.tiny("caption-cnn-attention-lstm").model
        other.save(file)
        data = file.read_bytes()
    file.write_bytes(data)
    with pytest.raises(ValueError, match="truncated, or was tampered"):
        mmkeras.load(folder)


def test_a_missing_model_is_named(folder):
    file = model_file(folder)
    file.unlink()
    with pytest.raises(FileNotFoundError, match=file.name):
        mmkeras.load(folder)


@pytest.mark.parametrize(
    "text",
    [
        *["", "{", "[]", "3", "{}", '{"task": "caption"}', "\x00"],
        *["[" * 10**5, '{"codecs": ' * 10**5],
    ],
    ids=lambda text: repr(text[:20]),
)
def test_a_broken_card_is_refused(folder, text):
    (folder / "task.json").write_text(text)
    with pytest.raises(ValueError, match="task.json is not a task"):
        mmkeras.load(folder)


def test_a_card_in_bytes_is_refused(folder):
    (folder / "task.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="task.json is not a task"):
        mmkeras.load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"model": 3},
        {"sha256": None},
        {"codecs": []},
        {"codecs": {}},
        {"codecs": {"image": {"name": "Pickle", "config": {}}}},
        {"codecs": {"image": {"name": "os.system", "config": {}}}},
        {"codecs": {"image": {"name": "Image", "config": {"a": 1}}}},
        {"codecs": {"text": {"name": "Text", "config": {"vocabulary": 3}}}},
        {"codecs": {"image": {"name": "Image", "config": {"size": 10**13}}}},
        {"codecs": {"image": {"name": "Image", "config": {"size": [{}, 1]}}}},
        {"task": None},
        {"task": ["caption"]},
        {"task": "divination"},
    ],
    ids=str,
)
def test_a_tampered_card_is_refused(folder, changes):
    change(folder, **changes)
    with pytest.raises(ValueError, match="task.json|tampered|codec"):
        mmkeras.load(folder)


def test_a_card_cannot_point_out_of_its_folder(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "stolen.keras"
    file = model_file(folder)
    elsewhere.write_bytes(file.read_bytes())
    change(folder, model=str(elsewhere))
    with pytest.raises(FileNotFoundError, match="stolen.keras"):
        mmkeras.load(folder)


def test_codecs_of_another_model_are_refused(folder):
    words = Text(["only", "three", "words"], length=9)
    card = change(folder)
    text = {"name": "Text", "config": words.get_config()}
    change(folder, codecs={**card["codecs"], "text": text})
    with pytest.raises(ValueError, match="11.*7"):
        mmkeras.load(folder)


def test_a_frozen_backbone_is_still_frozen_when_loaded(tmp_path):
    branch = branches.image.hub(tiny_presets.efficient_net())
    assert not branch.trainable_weights
    model = mmkeras.build_model(
        "classify-image-cnn", num_classes=2, image=branch
    )
    labels = codecs.Labels(["no", "yes"])
    fitting = {"image": Image((16, 16)), "label": labels}
    tasks.Classify(model, fitting).save(tmp_path)
    [loaded] = frozen_parts.branches(mmkeras.load(tmp_path).model).values()
    assert loaded.is_frozen
