import os

import image_files
import keras
import numpy as np
import pytest

from mmkeras.data import cache
from mmkeras.data import codecs
from mmkeras.data import frozen


def branch(seed=0, name=None):
    pixels = keras.Input((8, 6, 3))
    weights = keras.initializers.RandomNormal(seed=seed)
    x = keras.layers.Conv2D(5, 2, strides=2, kernel_initializer=weights)(pixels)
    regions = keras.layers.Reshape((12, 5))(x)
    return keras.Model(pixels, regions, name=name)


def test_features(rows, codec, folder):
    model = branch()
    array = frozen.features(model, rows, codec, folder=folder, batch_size=3)
    assert array.shape == (2, 7, 12, 5)
    assert array.dtype == np.float16
    pixels = image_files.decoded(rows, codec).astype("float32") / 255
    for view, shown in enumerate((pixels, pixels[:, :, ::-1])):
        expected = keras.ops.convert_to_numpy(model(shown.copy()))
        np.testing.assert_allclose(array[view], expected, atol=1e-3)
    assert abs(array[0] - array[1]).max() > 0.05 * abs(array).max()


def test_features_depend_on_weights_and_views(rows, codec, folder):
    model = branch()
    first = frozen.features(model, rows, codec, folder=folder)
    # A twin whose layers have other names gives the same.
    twin = branch(name="twin")
    twin.set_weights(model.get_weights())
    assert twin.layers[1].name != model.layers[1].name
    frozen.features(twin, rows, codec, folder=folder)
    assert image_files.arrays(folder) == 1
    mirror = frozen.features(model, rows, codec, ["mirror"], folder=folder)
    np.testing.assert_array_equal(mirror[0], first[1])
    assert image_files.arrays(folder) == 2
    weights = model.get_weights()
    weights[0][0, 0, 0, 0] += 1e-3
    model.set_weights(weights)
    frozen.features(model, rows, codec, folder=folder)
    assert image_files.arrays(folder) == 3


def test_features_depend_on_what_files_hold(codec, folder, tmp_path):
    model, found = branch(), []
    for shade in (50, 200):
        path = tmp_path / f"{shade}" / "0.bmp"
        path.parent.mkdir()
        plain = np.full((8, 6, 3), shade, "uint8")
        path.write_bytes(image_files.save(plain, "BMP"))
        os.utime(path, (1e9, 1e9))
        rows = [{"id": "0.bmp", "image": str(path)}]
        found.append(frozen.features(model, rows, codec, folder=folder))
    assert abs(found[1].astype("float32") - found[0]).max() > 0.01


def test_features_depend_on_the_graph(rows, codec, folder):
    model = branch()
    doubled = keras.Model(model.input, model.output * 2)
    assert doubled.count_params() == model.count_params()
    one = frozen.features(model, rows, codec, folder=folder)
    two = frozen.features(doubled, rows, codec, folder=folder)
    np.testing.assert_allclose(2 * one.astype("float32"), two, rtol=1e-3)


def test_features_name_bad_images(rows, codec, folder):
    os.truncate(rows[1]["image"], 60)
    bad = []
    frozen.features(branch(), rows, codec, folder=folder, bad=bad)
    assert bad == [("row-1", "truncated PNG")]


def two_parts():
    """A branch, and the part of it that ends in its layer `"middle"`."""
    middle = keras.layers.Conv2D(4, 1, name="middle")
    x = middle(keras.Input((8, 6, 3)))
    rest = keras.layers.Reshape((12, 5))(keras.layers.Conv2D(5, 2, 2)(x))
    whole = keras.Model(middle.input, rest)
    return whole, keras.Model(middle.input, middle.output)


def test_what_branches_begin_with_is_kept(rows, codec, folder, monkeypatch):
    whole, first = two_parts()
    options = {"folder": folder, "batch_size": 3}
    once = frozen.features(whole, rows, codec, **options)
    again = frozen.features(whole, rows, codec, stem="middle", **options)
    np.testing.assert_array_equal(again, once)  # Found, not made again.
    cache.clear(folder)
    apart = frozen.features(whole, rows, codec, stem="middle", **options)
    np.testing.assert_allclose(apart, once, rtol=1e-2, atol=1e-2)
    assert image_files.arrays(folder) == 2
    monkeypatch.setattr(frozen, "batches", None)  # No file is read again.
    made = frozen.features(first, rows, codec, **options)
    assert made.shape == (2, 7, 8, 6, 4)


def test_bad_images_are_named_of_both_parts(rows, codec, folder):
    os.truncate(rows[1]["image"], 60)
    whole, first = two_parts()
    for model, stem in ((whole, "middle"), (whole, "middle"), (first, None)):
        bad = []
        frozen.features(model, rows, codec, folder=folder, bad=bad, stem=stem)
        assert bad == [("row-1", "truncated PNG")]


def test_features_refuse(rows, codec, folder):
    with pytest.raises(ValueError, match="views=.'upside'"):
        frozen.features(branch(), rows, codec, ["upside"], folder=folder)
    with pytest.raises(ValueError, match=r"Use `Image\(size=\(8, 6\)\)`"):
        frozen.features(branch(), rows, codecs.Image((6, 8)), folder=folder)
    flat = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"\(batch, length, dim\)"):
        frozen.features(flat, rows, codec, folder=folder)
    model = branch()
    model.set_weights([weight + 1e6 for weight in model.get_weights()])
    with pytest.raises(ValueError, match="exceed the range of float16"):
        frozen.features(model, rows, codec, folder=folder)
    assert not list(folder.glob("*.npy")) + list(folder.glob("*.part"))
