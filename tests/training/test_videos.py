"""Videos from files to predictions, by trained and pretrained networks."""

import json

import clips
import numpy as np
import pytest
import small_network
from checks import numpy
from checks import only_tensorflow
from command_line import call
from command_line import train

import mmkeras
from mmkeras import branches
from mmkeras import serving
from mmkeras.data import datasets
from mmkeras.tasks import frozen_parts
from mmkeras.training import config
from mmkeras.training import engine
from mmkeras.training import pretrained
from mmkeras.training import recipes

NAME = "classify-video-cnn"
COUNTS = {"train": 60, "val": 20, "test": 40}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))


def table(folder, counts, name="clips.jsonl"):
    path = folder / name
    path.write_text("\n".join(map(json.dumps, clips.lines(folder, counts))))
    return path


@pytest.fixture
def data(tmp_path):
    path = table(tmp_path, {"train": 8, "val": 4})
    return engine.Data(*(datasets.get(path).rows(x) for x in ("train", "val")))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Weights of a small network, in place of any of Keras."""
    return small_network.install(monkeypatch, tmp_path, 32)[1]


def build(data, network=None, **changes):
    model = {"dim": 8, **({"video": network} if network else {})}
    recipe = recipes.Recipe(
        epochs=1, batch_size=4, model=model, precision="float32", **changes
    )
    task = engine.build(NAME, data, recipe, video_frames=4, video_size=32)
    return task, recipe


@pytest.mark.slow
def test_the_features_of_frames_are_cached_and_the_model_has_the_same(
    data, weights, tmp_path
):
    task, recipe = build(data, weights)
    branch = frozen_parts.branches(task.model)["video"]
    assert branch.is_frozen and branch.model.output_shape == (None, 4, 4)
    examples = engine.Examples(task, data.train)
    assert examples.cached == {"video"}
    before = [numpy(weight) for weight in branch.model.weights]
    engine.fit(task, data, tmp_path / "run", recipe, verbose=0)
    for old, weight in zip(before, branch.model.weights):
        np.testing.assert_array_equal(old, numpy(weight))
    task.save(tmp_path / "task")
    loaded = mmkeras.load(tmp_path / "task")
    rows = data.train
    answers = loaded.answer({"video": [row["video"] for row in rows]})
    assert not any(answers["error"])
    np.testing.assert_allclose(
        answers["probability"],
        examples.predictions(engine.Examples(task, rows).outputs()),
        atol=5e-3,
    )


@pytest.mark.slow
def test_a_network_of_images_is_fine_tuned_on_frames(data, weights, tmp_path):
    task, recipe = build(data, weights, fine_tune="video")
    branch = frozen_parts.branches(task.model)["video"]
    assert not branch.is_frozen
    examples = engine.Examples(task, data.train)
    assert examples.cached == set()
    before = numpy(branch.model.trainable_weights[0])
    engine.fit(task, data, tmp_path / "run", recipe, verbose=0)
    assert np.abs(numpy(branch.model.trainable_weights[0]) - before).max() > 0


def test_bad_videos_have_an_error_each_and_do_not_harm_others(data):
    task, _ = build(data)
    good = data.train[0]["video"]
    clip = clips.frames("left", np.random.default_rng(0))
    values = [good, b"GIF89a", "missing.gif", clip, None, good]
    answers = task.answer({"video": values})
    errors = answers["error"].tolist()
    assert errors[0] == errors[3] == errors[5] == ""
    assert errors[1] == "video: truncated or corrupt GIF"
    assert "missing.gif: no such file" in errors[2]
    assert "no input" in errors[4]
    np.testing.assert_array_equal(*answers["probability"][[0, 5]])
    alone = task.answer({"video": [good]})
    np.testing.assert_allclose(
        alone["probability"][0], answers["probability"][0], atol=1e-5
    )


def test_sizes_are_those_of_the_network_and_of_the_keys(monkeypatch):
    monkeypatch.setattr(branches.image, "preset_size", lambda preset: 96)
    given = {"model.video": "hub:net", "data.video_frames": 5}
    resolved = config.resolve(NAME, given)
    assert (resolved.data.video_size, resolved.data.video_frames) == (96, 5)
    assert config.resolve(NAME, {}).data.video_size == 64
    assert pretrained.modalities(NAME) == {"video": "video"}
    assert pretrained.modalities("classify-any")["video"] == "video"
    with pytest.raises(ValueError, match="model.video.*yamnet:file"):
        config.resolve(NAME, {"model.video": "yamnet:file"})
    with pytest.raises(ValueError, match="no key 'data.video_frames'"):
        config.resolve("classify-image-cnn", {"data.video_frames": 5})
    with pytest.raises(ValueError, match="no key 'data.video_size'"):
        features = "sentiment-text-audio-video-context"
        config.resolve(features, {"data.video_size": 5})


@pytest.mark.slow
@only_tensorflow
def test_an_export_takes_gifs_and_arrays(data, tmp_path, checks_here):
    task, _ = build(data)
    folder = serving.export(task, tmp_path / "export")
    model = serving.load(folder)
    clip = clips.frames("right", np.random.default_rng(1))
    values = [clips.gif(clip), clips.array(clip), b"\0\0\0\x18ftypmp42"]
    answers = model.predict({"video": values})
    expected = task.answer({"video": values[:2]})["probability"]
    np.testing.assert_allclose(answers["probability"][:2], expected, atol=1e-4)
    assert "neither an animated GIF nor" in answers["error"][2]


@pytest.mark.slow
def test_the_direction_of_a_motion_is_learned_from_the_command_line(tmp_path):
    path = table(tmp_path, COUNTS)
    assert call("check", "--data", path).exit_code == 0
    run = train(
        tmp_path,
        *[NAME, "--data", path, "train.epochs=25", "train.batch_size=12"],
        *["train.learning_rate=0.01", "train.precision=float32"],
        *["data.video_size=24", "data.video_frames=6", "model.dim=64"],
    )
    evaluated = call("evaluate", run, "--split", "test")
    assert evaluated.exit_code == 0, evaluated.output
    lines = map(json.loads, path.read_text().splitlines())
    test = [line for line in lines if line["split"] == "test"]
    files = [tmp_path / line["video"] for line in test]
    predicted = call("predict", run, *files)
    assert predicted.exit_code == 0, predicted.output
    labels = [x.split("\t")[1] for x in predicted.stdout.splitlines()]
    right = np.mean([a == b["label"] for a, b in zip(labels, test)])
    assert right > 0.9
    clip = clips.frames("left", np.random.default_rng(9))
    forward = clips.folder(tmp_path / "forward", clip)
    backward = clips.folder(tmp_path / "backward", clip[::-1])
    predicted = call("predict", run, forward, backward)
    rows = [x.split("\t")[:2] for x in predicted.stdout.splitlines()]
    assert rows == [[str(forward), "left"], [str(backward), "right"]]


@pytest.mark.slow
@pytest.mark.realdata
@only_tensorflow
def test_a_pretrained_network_is_chosen_for_a_column_of_videos(
    pretrained, tmp_path, monkeypatch
):
    folder = tmp_path / "networks"
    folder.mkdir()
    (folder / "lite0").symlink_to(pretrained("efficientnet_lite0"))
    monkeypatch.setenv("MMKERAS_PRETRAINED", str(folder))
    path = table(tmp_path, {"train": 6, "val": 2})
    keys = {"train.precision": "float32", "data.video_frames": 2}
    task = mmkeras.train("classify", path, tmp_path / "run", config=keys)
    assert task.fields == ["video"]
    codec = task.codecs["video"]
    assert codec.shape == (2, 224, 224, 3)
    branch = frozen_parts.branches(task.model)["video"].model
    assert branch.output_shape == (None, 2, 1280)
    [clip], _ = codec.read([(tmp_path / "train-0.gif").read_bytes()])
    image = branches.image.hub(pretrained("efficientnet_lite0"))
    np.testing.assert_allclose(
        numpy(branch(clip[None] / np.float32(255)))[0],
        numpy(image(clip / np.float32(255))).mean(1),
        atol=1e-4,
    )
