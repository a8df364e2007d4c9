import os

import image_files
import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import branches
from mmkeras.data import cache
from mmkeras.data import codecs
from mmkeras.data import frozen_features
from mmkeras.tasks import frozen_parts


def branch(seed=0, name=None):
    pixels = keras.Input((8, 6, 3))
    weights = keras.initializers.RandomNormal(seed=seed)
    x = keras.layers.Conv2D(5, 2, strides=2, kernel_initializer=weights)(pixels)
    regions = keras.layers.Reshape((12, 5))(x)
    return keras.Model(pixels, regions, name=name)


def test_features(rows, codec, folder):
    model = branch()
    array = frozen_features.compute(
        model, rows, codec, folder=folder, batch_size=3
    )
    assert array.shape == (2, 7, 12, 5)
    assert array.dtype == np.float16
    pixels = image_files.decoded(rows, codec).astype("float32") / 255
    for view, images in enumerate((pixels, pixels[:, :, ::-1])):
        expected = keras.ops.convert_to_numpy(model(images.copy()))
        np.testing.assert_allclose(array[view], expected, atol=1e-3)
    assert abs(array[0] - array[1]).max() > 0.05 * abs(array).max()


@pytest.mark.parametrize("name", ["transformer", "bow"])
def test_texts_are_run_to_the_end_of_the_longest(name, folder):
    words = [f"word{i}" for i in range(30)]
    codec = codecs.Text(words, length=20)
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, n)) for n in rng.integers(1, 15, 50)]
    text_branch = getattr(branches.text, name)(len(words) + 4, 8)
    [part] = frozen_parts.branches(whole(text_branch)).values()
    rows = [{"id": i, "image": text} for i, text in enumerate(texts)]
    array = frozen_features.compute(
        part.frozen, rows, codec, ["plain"], folder, batch_size=33
    )
    ids = np.asarray(codec(texts))
    expected = numpy(part.frozen(ids))
    if name == "transformer":
        expected[ids == 0] = 0
    np.testing.assert_allclose(array[0], expected, rtol=2e-3, atol=2e-3)


def whole(text_branch):
    """A model with a frozen branch of texts."""
    text_branch.trainable = False
    tokens = keras.Input((None,), dtype="int32", name="text")
    return keras.Model({"text": tokens}, text_branch(tokens))


def test_features_depend_on_weights_and_views(rows, codec, folder):
    model = branch()
    first = frozen_features.compute(model, rows, codec, folder=folder)
    # A twin whose layers have other names gives the same.
    twin = branch(name="twin")
    twin.set_weights(model.get_weights())
    assert twin.layers[1].name != model.layers[1].name
    frozen_features.compute(twin, rows, codec, folder=folder)
    assert image_files.arrays(folder) == 1
    mirror = frozen_features.compute(
        model, rows, codec, ["mirror"], folder=folder
    )
    np.testing.assert_array_equal(mirror[0], first[1])
    assert image_files.arrays(folder) == 2
    weights = model.get_weights()
    weights[0][0, 0, 0, 0] += 1e-3
    model.set_weights(weights)
    frozen_features.compute(model, rows, codec, folder=folder)
    assert image_files.arrays(folder) == 3


def test_features_depend_on_the_contents_of_files(codec, folder, tmp_path):
    model, arrays = branch(), []
    for shade in (50, 200):
        path = tmp_path / f"{shade}" / "0.bmp"
        path.parent.mkdir()
        plain = np.full((8, 6, 3), shade, "uint8")
        path.write_bytes(image_files.save(plain, "BMP"))
        os.utime(path, (1e9, 1e9))
        rows = [{"id": "0.bmp", "image": str(path)}]
        arrays.append(
            frozen_features.compute(model, rows, codec, folder=folder)
        )
    assert abs(arrays[1].astype("float32") - arrays[0]).max() > 0.01


def test_features_depend_on_the_graph(rows, codec, folder):
    model = branch()
    double = keras.Model(model.input, model.output * 2)
    assert double.count_params() == model.count_params()
    one = frozen_features.compute(model, rows, codec, folder=folder)
    two = frozen_features.compute(double, rows, codec, folder=folder)
    np.testing.assert_allclose(2 * one.astype("float32"), two, rtol=1e-3)


def test_features_name_bad_images(rows, codec, folder):
    os.truncate(rows[1]["image"], 60)
    errors = []
    frozen_features.compute(branch(), rows, codec, folder=folder, errors=errors)
    assert errors == [("row-1", "truncated PNG")]


def two_parts():
    """A branch, and the part of it that ends in its layer `"middle"`."""
    middle = keras.layers.Conv2D(4, 1, name="middle")
    x = middle(keras.Input((8, 6, 3)))
    rest = keras.layers.Reshape((12, 5))(keras.layers.Conv2D(5, 2, 2)(x))
    whole = keras.Model(middle.input, rest)
    return whole, keras.Model(middle.input, middle.output)


def test_activations_of_a_layer_are_cached(rows, codec, folder, monkeypatch):
    whole, first = two_parts()
    options = {"folder": folder, "batch_size": 3}
    once = frozen_features.compute(whole, rows, codec, **options)
    again = frozen_features.compute(
        whole, rows, codec, cache_at="middle", **options
    )
    np.testing.assert_array_equal(again, once)  # From the cache.
    cache.clear(folder)
    split = frozen_features.compute(
        whole, rows, codec, cache_at="middle", **options
    )
    np.testing.assert_allclose(split, once, rtol=1e-2, atol=1e-2)
    assert image_files.arrays(folder) == 2
    monkeypatch.setattr(
        frozen_features, "batches", None
    )  # No file is read again.
    array = frozen_features.compute(first, rows, codec, **options)
    assert array.shape == (2, 7, 8, 6, 4)


def test_bad_images_of_both_parts_are_named(rows, codec, folder):
    os.truncate(rows[1]["image"], 60)
    whole, first = two_parts()
    for model, cache_at in (
        (whole, "middle"),
        (whole, "middle"),
        (first, None),
    ):
        errors = []
        frozen_features.compute(
            model, rows, codec, folder=folder, errors=errors, cache_at=cache_at
        )
        assert errors == [("row-1", "truncated PNG")]


def test_features_refuse(rows, codec, folder):
    with pytest.raises(ValueError, match="views=.'upside'"):
        frozen_features.compute(
            branch(), rows, codec, ["upside"], folder=folder
        )
    with pytest.raises(ValueError, match=r"Use `Image\(size=\(8, 6\)\)`"):
        frozen_features.compute(
            branch(), rows, codecs.Image((6, 8)), folder=folder
        )
    flat = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"\(batch, length, dim\)"):
        frozen_features.compute(flat, rows, codec, folder=folder)
    model = branch()
    model.set_weights([weight + 1e6 for weight in model.get_weights()])
    with pytest.raises(ValueError, match="exceed the range of float16"):
        frozen_features.compute(model, rows, codec, folder=folder)
    assert not list(folder.glob("*.npy")) + list(folder.glob("*.part"))
