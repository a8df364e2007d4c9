import io
import os

import keras
import numpy as np
import PIL.Image
import pytest
import soundfile

from mmkeras import evaluation
from mmkeras import losses
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.data import encoding
from mmkeras.data import field_arrays
from mmkeras.data.synthetic import shapes
from mmkeras.tasks import Classify
from mmkeras.training import engine
from mmkeras.training import recipes

SIDE, RATE = 8, 8000


def image(seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3))
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.astype("uint8")).save(file, "BMP")
    return file.getvalue()


def audio(seed):
    wave = np.random.default_rng(seed).uniform(-0.5, 0.5, RATE // 10)
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="WAV")
    return file.getvalue()


def write(folder, make, seed):
    """Files whose names, sizes and times are the same of every seed."""
    folder.mkdir(exist_ok=True)
    for i in range(3):
        path = folder / f"{i}.bin"
        path.write_bytes(make(10 * seed + i))
        os.utime(path, (1e9, 1e9))


@pytest.mark.parametrize(
    "codec, make",
    [(codecs.Image((SIDE, SIDE)), image), (codecs.Audio(RATE, 0.1), audio)],
    ids=["image", "audio"],
)
def test_files_of_equal_names_sizes_and_times_are_distinguished(
    tmp_path, monkeypatch, codec, make
):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    arrays = []
    for seed in (0, 1):
        folder = tmp_path / f"set-{seed}"
        write(folder, make, seed)
        monkeypatch.chdir(folder)  # So that the paths are equal as well.
        field = field_arrays.encode(codec, ["2.bin", "0.bin", "1.bin"])
        expected, _ = codec.read([make(10 * seed + i) for i in (2, 0, 1)])
        np.testing.assert_array_equal(field.array[0, field.place], expected)
        arrays.append(field.array)
    assert (np.array(arrays[0]) != arrays[1]).any()


def test_errors_name_the_file_where_it_is_now(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    codec = codecs.Image((SIDE, SIDE))
    for name in ("a", "b"):
        folder = tmp_path / name
        write(folder, image, 0)
        (folder / "1.bin").write_bytes(b"junk")
        files = [str(folder / f"{i}.bin") for i in range(3)]
        errors = field_arrays.encode(codec, files).errors
        assert errors[1].startswith(f"{files[1]}: ")
        assert errors[0] == errors[2] == ""


@pytest.fixture(scope="module")
def task():
    text, vector = keras.Input((6,), dtype="int32"), keras.Input((3,))
    inputs = {"text": text, "features": vector}
    inputs["presence"] = keras.Input((2,), dtype="bool")
    logits = keras.layers.Dense(2)(vector + keras.ops.sum(text))
    codecs_by_field = {
        "text": codecs.Text(["day", "night"], length=6),
        "features": codecs.Features((3,)),
        "label": codecs.Labels(["a", "b"]),
    }
    return Classify(keras.Model(inputs, logits), codecs_by_field)


def test_values_that_cannot_be_encoded_are_left_out_by_name(task):
    good = {"text": "day", "features": np.zeros(3), "label": "a"}
    changes = {
        "good": {},
        "half": {"text": "cut \ud83d"},
        "number": {"text": 5},
        "wrong": {"features": np.zeros(4)},
        "sequence": {"features": np.zeros((2, 3))},
        "infinite": {"features": np.array([1, np.inf, 2])},
        "nothing": {"text": None, "features": None},
    }
    rows = [{"id": name, **good, **row} for name, row in changes.items()]
    examples = engine.Examples(task, rows)
    assert [row["id"] for row in examples.rows] == ["good"]
    errors_by_row = dict(examples.errors)
    assert list(errors_by_row) == list(changes)[1:]
    assert (
        "surrogate" in errors_by_row["half"]
        and "text: " in errors_by_row["half"]
    )
    assert "str" in errors_by_row["number"]
    assert "(3,)" in errors_by_row["wrong"] and "(4,)" in errors_by_row["wrong"]
    assert "not finite" in errors_by_row["infinite"]
    with pytest.raises(ValueError, match="None of the 6 rows.*half: text"):
        engine.Examples(task, rows[1:])


def test_a_path_that_is_none_is_left_out_by_name(tmp_path):
    (tmp_path / "good").write_bytes(image(0))
    paths = ["good", "gone", ".", "a\0", "\ud83d", "9" * 5000]
    paths = [f"{tmp_path}/{name}" for name in paths]
    codec = codecs.Image((SIDE, SIDE))
    encoded = field_arrays.encode(codec, [*paths, "/dev/zero"], keep=False)
    errors = encoded.errors
    assert [bool(error) for error in errors] == [False] + [True] * 6


def test_outputs_that_are_not_finite_are_left_out_by_name(task):
    values = [np.zeros(3), np.full(3, 3e38), np.ones(3)]
    rows = [
        {"id": f"row-{i}", "features": value, "label": "ab"[i % 2]}
        for i, value in enumerate(values)
    ]
    task.model.layers[-1].kernel.assign(np.full((3, 2), 9.0))
    examples = engine.Examples(task, rows)
    scores, _ = evaluation.evaluate(examples, draws=2)
    assert examples.errors == [("row-1", encoding.NOT_FINITE)]
    assert [row["id"] for row in examples.rows] == ["row-0", "row-2"]
    assert len(examples.labels) == len(examples) == 2
    assert np.isfinite(list(scores.values())).all()
    answers = task.answer({"features": values})
    assert answers["error"].tolist() == ["", encoding.NOT_FINITE, ""]


@pytest.fixture(scope="module")
def image_rows(tmp_path_factory):
    source = shapes.write(tmp_path_factory.mktemp("world"), 8, 2, 0)
    return datasets.get(source).rows("train")


@pytest.fixture(scope="module")
def captioner(image_rows):
    keras.utils.set_random_seed(0)
    return engine.build(
        "caption-cnn-lstm",
        engine.Data(image_rows, image_rows),
        recipes.Recipe(model={"dim": 8}, precision="float32"),
        image_size=32,
        min_count=1,
        max_length=40,
    )


@pytest.mark.parametrize("shift", [0, 3, None])
@pytest.mark.parametrize("contexts", [1024, 3])
def test_the_loss_is_that_of_all_captions_at_once(
    captioner, image_rows, shift, contexts, monkeypatch
):
    monkeypatch.setattr("mmkeras.training.examples._CONTEXTS", contexts)
    examples = engine.Examples(captioner, image_rows)
    order = np.arange(len(examples))
    if shift is None:  # Captions of an image get different ones.
        order = np.random.default_rng(0).permutation(order)
    elif shift:  # Each image is replaced by another.
        numbers, first, owners = np.unique(
            examples.numbers("image"), return_index=True, return_inverse=True
        )
        order = first[(owners + shift) % len(numbers)]
    tokens = examples.targets.values
    images = examples.inputs(order)["image"] / np.float32(255)
    logits = captioner.model({"image": images, "tokens": tokens[:, :-1]})
    each = losses.token_crossentropy(tokens[:, 1:], logits)
    mean = keras.ops.sum(each) / np.count_nonzero(tokens[:, 1:])
    assert np.ptp(np.count_nonzero(tokens, axis=1)) > 4  # Cut differently.
    permutations = None if shift == 0 else {"image": order}
    loss = examples.loss(permutations=permutations, batch_size=7)
    np.testing.assert_allclose(loss, float(mean), rtol=1e-5, atol=1e-6)


def test_images_that_cannot_be_read_are_left_out_with_their_captions(
    captioner, image_rows, tmp_path
):
    path = str(tmp_path / "none.png")
    broken = {**image_rows[0], "id": "broken", "image": path}
    rows = [image_rows[1], broken, image_rows[2]]
    examples = engine.Examples(captioner, rows)
    assert examples.errors == [("broken", f"image: {path}: no such file")]
    expected = engine.Examples(captioner, image_rows[1:3])
    assert [row["id"] for row in examples.rows] == [
        row["id"] for row in expected.rows
    ]
    order = np.arange(len(expected))
    np.testing.assert_array_equal(
        examples.inputs(order)["image"], expected.inputs(order)["image"]
    )
    np.testing.assert_array_equal(examples.labels, expected.labels)
    np.testing.assert_allclose(examples.loss(), expected.loss(), rtol=1e-6)
    with pytest.raises(ValueError, match="None of the 1 rows.*broken: image"):
        engine.Examples(captioner, [broken])
