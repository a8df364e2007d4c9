import os
import shutil

import image_files
import numpy as np
import pytest

from mmkeras.data import cache
from mmkeras.data import codecs


def test_pixels(rows, codec, folder):
    progress = []
    array = cache.decoded(
        rows, codec, folder, lambda *at: progress.append(at), batch_size=3
    )
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, image_files.decoded(rows, codec))
    assert progress == [(3, 7), (6, 7), (7, 7)]
    cache.decoded(rows, codec, folder, lambda *at: progress.append(at))
    assert len(progress) == 3


def test_pixels_depend_on_files_rows_and_codec(rows, codec, folder):
    cache.decoded(rows, codec, folder)
    cache.decoded(rows[::-1], codec, folder)
    cache.decoded(rows, codecs.Image((6, 8)), folder)
    assert image_files.arrays(folder) == 3
    with open(rows[2]["image"], "wb") as file:
        file.write(image_files.save(image_files.ramp(9, 9), "PNG"))
    array = cache.decoded(rows, codec, folder)
    assert image_files.arrays(folder) == 4
    np.testing.assert_array_equal(array, image_files.decoded(rows, codec))
    os.utime(rows[2]["image"], ns=(1, 1))
    cache.decoded(rows, codec, folder)
    assert image_files.arrays(folder) == 4  # Its content is the same.


def unpacked(folder, seed):
    """Rows of images whose names, sizes and times are always the same."""
    folder.mkdir()
    rng, rows = np.random.default_rng(seed), []
    for i in range(3):
        path = folder / f"{i}.bmp"
        pixels = rng.integers(0, 256, (8, 8, 3)).astype("uint8")
        path.write_bytes(image_files.save(pixels, "BMP"))
        os.utime(path, (1e9, 1e9))
        rows.append({"id": path.name, "image": str(path)})
    return rows


def test_images_of_equal_names_sizes_and_times_differ_by_content(
    codec, folder, tmp_path
):
    for seed in (0, 1):
        rows = unpacked(tmp_path / f"set-{seed}", seed)
        array = cache.decoded(rows, codec, folder)
        np.testing.assert_array_equal(array, image_files.decoded(rows, codec))
    assert image_files.arrays(folder) == 2


def test_an_image_changed_in_place_is_decoded_again(codec, folder, tmp_path):
    """As by a copy that keeps the time."""
    rows = unpacked(tmp_path / "set", 0)
    cache.decoded(rows, codec, folder)
    shutil.copytree(tmp_path / "set", tmp_path / "old")
    shutil.rmtree(tmp_path / "set")
    rows = unpacked(tmp_path / "set", 1)
    array = cache.decoded(rows, codec, folder)
    np.testing.assert_array_equal(array, image_files.decoded(rows, codec))


def test_a_data_set_that_was_moved_is_not_decoded_again(
    codec, folder, tmp_path
):
    cache.decoded(unpacked(tmp_path / "set", 0), codec, folder)
    cache.decoded(unpacked(tmp_path / "elsewhere", 0), codec, folder)
    assert image_files.arrays(folder) == 1


def test_bad_images_are_named(rows, codec, folder):
    expected = image_files.decoded(rows, codec)
    os.truncate(rows[1]["image"], 60)
    os.remove(rows[4]["image"])
    open(rows[5]["image"], "w").close()
    with pytest.raises(ValueError, match="3 images.*row-1: truncated PNG"):
        cache.decoded(rows, codec, folder)
    errors = []
    array = cache.decoded(rows, codec, folder, errors=errors)
    assert errors == [
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
    parts = list(cache.batches([*paths, *content], codec, 1, batch_size=4))
    assert [len(batch) for batch, _ in parts] == [4, 4, 4, 1]
    pixels, errors = map(np.concatenate, zip(*parts))
    expected = image_files.decoded(rows, codec)
    np.testing.assert_array_equal(pixels[:6], expected[1:])
    expected[1:3] = 0
    np.testing.assert_array_equal(pixels[6:], expected)
    assert errors[7] == b"empty" and errors[8]
    assert sum(map(bool, errors)) == 2


def test_refuses_no_rows(codec, folder):
    with pytest.raises(ValueError, match="at least one row"):
        cache.decoded([], codec, folder)
