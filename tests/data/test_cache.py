import os

import keras
import numpy as np
import pictures
import pytest

from mmkeras.data import cache
from mmkeras.data import codecs
from mmkeras.data import views


@pytest.fixture(scope="module")
def codec():
    return codecs.Image((8, 6))


@pytest.fixture
def rows(tmp_path):
    rows = []
    for number in range(7):
        path = tmp_path / f"{number}.png"
        path.write_bytes(pictures.save(pictures.ramp(8, 6 + number), "PNG"))
        rows.append({"id": f"row-{number}", "image": str(path)})
    return rows


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def branch(seed=0, name=None):
    pixels = keras.Input((8, 6, 3))
    weights = keras.initializers.RandomNormal(seed=seed)
    x = keras.layers.Conv2D(5, 2, strides=2, kernel_initializer=weights)(pixels)
    regions = keras.layers.Reshape((12, 5))(x)
    return keras.Model(pixels, regions, name=name)


def decoded(rows, codec):
    return np.stack(
        [codec(open(row["image"], "rb").read()).numpy() for row in rows]
    )


def files(folder):
    return len(list(folder.glob("*.npy")))


def test_pixels(rows, codec, folder):
    seen = []
    array = cache.pixels(
        rows, codec, folder, lambda *at: seen.append(at), batch_size=3
    )
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, decoded(rows, codec))
    assert seen == [(3, 7), (6, 7), (7, 7)]
    cache.pixels(rows, codec, folder, lambda *at: seen.append(at))
    assert len(seen) == 3


def test_pixels_depend_on_files_rows_and_codec(rows, codec, folder):
    cache.pixels(rows, codec, folder)
    cache.pixels(rows[::-1], codec, folder)
    cache.pixels(rows, codecs.Image((6, 8)), folder)
    assert files(folder) == 3
    with open(rows[2]["image"], "wb") as file:
        file.write(pictures.save(pictures.ramp(9, 9), "PNG"))
    array = cache.pixels(rows, codec, folder)
    assert files(folder) == 4
    np.testing.assert_array_equal(array, decoded(rows, codec))
    os.utime(rows[2]["image"], ns=(1, 1))
    cache.pixels(rows, codec, folder)
    assert files(folder) == 5


def test_bad_pictures_are_named(rows, codec, folder):
    expected = decoded(rows, codec)
    os.truncate(rows[1]["image"], 60)
    os.remove(rows[4]["image"])
    open(rows[5]["image"], "w").close()
    with pytest.raises(ValueError, match="3 pictures.*row-1: truncated PNG"):
        cache.pixels(rows, codec, folder)
    bad = []
    array = cache.pixels(rows, codec, folder, bad=bad)
    assert bad == [
        ("row-1", "truncated PNG"),
        ("row-4", "no such file"),
        ("row-5", "empty"),
    ]
    expected[[1, 4, 5]] = 0
    np.testing.assert_array_equal(array, expected)


def test_files_are_read_by_path_or_given(rows, codec):
    paths = [row["image"] for row in rows]
    content = [open(path, "rb").read() for path in paths]
    content[1:3] = [b"", b"junk"]
    found = list(cache.batches([*paths, *content], codec, 1, batch_size=4))
    assert [len(batch) for batch, _ in found] == [4, 4, 4, 1]
    pixels, errors = map(np.concatenate, zip(*found))
    expected = decoded(rows, codec)
    np.testing.assert_array_equal(pixels[:6], expected[1:])
    expected[1:3] = 0
    np.testing.assert_array_equal(pixels[6:], expected)
    assert errors[7] == b"empty" and errors[8]
    assert sum(map(bool, errors)) == 2


def test_features(rows, codec, folder):
    model = branch()
    array = cache.features(model, rows, codec, folder=folder, batch_size=3)
    assert array.shape == (2, 7, 12, 5)
    assert array.dtype == np.float16
    pixels = decoded(rows, codec).astype("float32") / 255
    for view, shown in enumerate((pixels, pixels[:, :, ::-1])):
        expected = keras.ops.convert_to_numpy(model(shown.copy()))
        np.testing.assert_allclose(array[view], expected, atol=1e-3)
    assert abs(array[0] - array[1]).max() > 0.05 * abs(array).max()


def test_features_depend_on_weights_and_views(rows, codec, folder):
    model = branch()
    first = cache.features(model, rows, codec, folder=folder)
    # A twin whose layers have other names gives the same.
    twin = branch(name="twin")
    twin.set_weights(model.get_weights())
    assert twin.layers[1].name != model.layers[1].name
    cache.features(twin, rows, codec, folder=folder)
    assert files(folder) == 1
    mirror = cache.features(model, rows, codec, ["mirror"], folder=folder)
    np.testing.assert_array_equal(mirror[0], first[1])
    assert files(folder) == 2
    weights = model.get_weights()
    weights[0][0, 0, 0, 0] += 1e-3
    model.set_weights(weights)
    cache.features(model, rows, codec, folder=folder)
    assert files(folder) == 3


def test_features_depend_on_the_graph(rows, codec, folder):
    model = branch()
    doubled = keras.Model(model.input, model.output * 2)
    assert doubled.count_params() == model.count_params()
    one = cache.features(model, rows, codec, folder=folder)
    two = cache.features(doubled, rows, codec, folder=folder)
    np.testing.assert_allclose(2 * one.astype("float32"), two, rtol=1e-3)


def test_features_name_bad_pictures(rows, codec, folder):
    os.truncate(rows[1]["image"], 60)
    bad = []
    cache.features(branch(), rows, codec, folder=folder, bad=bad)
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
    once = cache.features(whole, rows, codec, **options)
    again = cache.features(whole, rows, codec, stem="middle", **options)
    np.testing.assert_array_equal(again, once)  # Found, not made again.
    cache.clear(folder)
    apart = cache.features(whole, rows, codec, stem="middle", **options)
    np.testing.assert_allclose(apart, once, rtol=1e-2, atol=1e-2)
    assert files(folder) == 2
    monkeypatch.setattr(cache, "batches", None)  # No file is read again.
    made = cache.features(first, rows, codec, **options)
    assert made.shape == (2, 7, 8, 6, 4)


def test_bad_pictures_are_named_of_both_parts(rows, codec, folder):
    os.truncate(rows[1]["image"], 60)
    whole, first = two_parts()
    for model, stem in ((whole, "middle"), (whole, "middle"), (first, None)):
        bad = []
        cache.features(model, rows, codec, folder=folder, bad=bad, stem=stem)
        assert bad == [("row-1", "truncated PNG")]


def test_refuses_no_rows(codec, folder):
    with pytest.raises(ValueError, match="at least one row"):
        cache.pixels([], codec, folder)


def test_features_refuse(rows, codec, folder):
    with pytest.raises(ValueError, match="views=.'upside'"):
        cache.features(branch(), rows, codec, ["upside"], folder=folder)
    with pytest.raises(ValueError, match=r"Use `Image\(size=\(8, 6\)\)`"):
        cache.features(branch(), rows, codecs.Image((6, 8)), folder=folder)
    flat = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"\(batch, length, dim\)"):
        cache.features(flat, rows, codec, folder=folder)
    model = branch()
    model.set_weights([weight + 1e6 for weight in model.get_weights()])
    with pytest.raises(ValueError, match="float16 cannot hold"):
        cache.features(model, rows, codec, folder=folder)
    assert not list(folder.glob("*.npy")) + list(folder.glob("*.part"))


def test_crops_are_drawn_by_number_and_row():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 256, (40, 48, 3)).astype("uint8")
    pixels = np.repeat(one[None], 6, axis=0)
    shown = views.show("crop-0", pixels)
    assert shown.shape == pixels.shape
    assert shown.dtype == np.uint8
    assert len({picture.tobytes() for picture in shown}) == 6
    # However the pictures are batched, each is shown the same.
    late = views.show("crop-0", pixels[4:], first=4)
    np.testing.assert_array_equal(late, shown[4:])
    assert (views.show("crop-1", pixels) != shown).any()


def test_a_crop_is_a_part_of_the_picture():
    across = np.tile(np.arange(0, 240, 5, "uint8")[None, :, None], (48, 1, 3))
    shown = views.show("crop-7", np.repeat(across[None], 50, axis=0))
    widths, signs = [], []
    for picture in shown.astype(int):
        row = picture[0, :, 0]
        widths.append(abs(row[-1] - row[0]) / 235)
        signs.append(np.sign(row[-1] - row[0]))
        assert (np.diff(row) * signs[-1] >= 0).all()
    assert 0.6 < min(widths) < 0.75 < 0.9 < max(widths) <= 0.96
    assert 10 < signs.count(-1) < 40  # Half of them are mirrored.


def test_unknown_views_are_refused():
    with pytest.raises(ValueError, match="views=.*'upside-down'"):
        views.check(["plain", "upside-down"])
    with pytest.raises(ValueError, match="one or more"):
        views.check([])
