"""A published CLIP from the command line, without training and with it."""

import json

import command_line
import image_files
import numpy as np
import pytest
import tiny_presets
from command_line import call

import mmkeras
from mmkeras import serving
from mmkeras.files import atomic
from mmkeras.tasks import frozen_parts

pytestmark = pytest.mark.usefixtures("eager_models")
CAPTIONS = ["it is red", "the green a", "blue not", "dark no oh"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_presets.clip(tmp_path_factory.mktemp("presets") / "clip")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of images of four colours and their captions."""
    folder = tmp_path_factory.mktemp("photos")
    rng, rows = np.random.default_rng(0), []
    for i in range(24):
        pixels = rng.integers(0, 60, (24, 30, 3), "uint8")
        pixels[..., : i % 4] += 180
        image = folder / f"{i}.png"
        image.write_bytes(image_files.save(pixels, "PNG"))
        split = "train" if i < 16 else "val" if i < 20 else "test"
        rows.append(
            {"image": image.name, "caption": CAPTIONS[i % 4], "split": split}
        )
    path = folder / "table.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_images_are_classified_without_training(clip, table):
    images = [table.parent / f"{i}.png" for i in range(3)]
    labels = ["a red dog", "it is green", "blue"]
    result = call(
        *["predict", f"hub:{clip}", *images, "--jsonl"],
        *["--labels", ",".join(labels)],
    )
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    expected = mmkeras.load(clip).zero_shot(
        [image.read_bytes() for image in images], labels
    )
    for row, label, shares in zip(rows, *list(expected.values())[:2]):
        assert row["label"] == label
        actual = [row["probability"][name] for name in labels]
        np.testing.assert_allclose(actual, shares, atol=1e-4)


def test_is_indexed_and_searched(clip, table, tmp_path):
    index = tmp_path / "index"
    for _ in range(2):  # The second time, nothing is embedded again.
        result = call("index", f"hub:{clip}", table.parent, "--out", index)
        assert result.exit_code == 0, result.output
    result = call("search", index, "--image", table.parent / "3.png")
    assert result.exit_code == 0, result.output
    similarity, path = result.stdout.splitlines()[0].split("\t")
    assert float(similarity) > 0.99 and path.endswith("3.png")


def test_is_evaluated_on_data_that_is_named(clip, table):
    result = call("evaluate", f"hub:{clip}", "--data", table, "--split", "test")
    assert result.exit_code == 0, result.output
    assert "recall at 1, image to text" in result.output
    result = call("evaluate", f"hub:{clip}", "--split", "test")
    assert result.exit_code and "without data of its own" in result.output


@pytest.mark.slow
def test_its_encoders_are_trained_on(clip, table, tmp_path):
    run = command_line.train(
        tmp_path,
        *["retrieve-image-text", "--data", table, "train.epochs=2"],
        *["train.batch_size=8", "model.dim=8", "train.precision=float32"],
        *["data.max_length=20", f"model.image=hub:{clip}"],
        *[f"model.text=hub:{clip}"],
    )
    task = mmkeras.load(run)
    branches = frozen_parts.branches(task.model)
    assert all(branch.is_frozen for branch in branches.values())
    assert branches["image"].model.output_shape == (None, 5, 6)
    assert branches["text"].model.output_shape == (None, 1, 6)
    published = mmkeras.load(clip)
    x = published.codecs["text"](CAPTIONS)
    own, other = (
        frozen_parts.branches(t.model)["text"].model for t in (task, published)
    )
    np.testing.assert_allclose(own(x), other(x), atol=1e-5)
    assert (
        "recall_mean"
        in atomic.read_json(run / "results.json")["val"]["metrics"]
    )
    for signature in ("embed_text", "serving_default"):
        assert signature in json.dumps(
            atomic.read_json(export(run, tmp_path) / "golden.json")
        )


@pytest.mark.slow
def test_its_encoders_are_those_of_another_architecture(clip, table, tmp_path):
    run = command_line.train(
        tmp_path,
        *["caption-cnn-lstm", "--data", table, "--init", f"hub:{clip}"],
        *["train.init_branches=image", "train.epochs=1", "model.dim=8"],
        *["train.batch_size=8", "data.min_count=1"],
    )
    task = mmkeras.load(run)
    assert task.codecs["image"].get_config()["interpolation"] == "bicubic"
    assert frozen_parts.branches(task.model)["image"].is_frozen


def export(run, folder):
    task = mmkeras.load(run)
    return serving.export(task, folder / "export", check=False)
