import numpy as np
import pytest

from mmkeras.data import views


def test_crops_depend_on_number_and_row():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 256, (40, 48, 3)).astype("uint8")
    pixels = np.repeat(one[None], 6, axis=0)
    crops = views.apply("crop-0", pixels)
    assert crops.shape == pixels.shape
    assert crops.dtype == np.uint8
    assert len({image.tobytes() for image in crops}) == 6
    # Crops do not depend on batches.
    late = views.apply("crop-0", pixels[4:], first=4)
    np.testing.assert_array_equal(late, crops[4:])
    assert (views.apply("crop-1", pixels) != crops).any()


def test_a_crop_is_a_part_of_the_image():
    across = np.tile(np.arange(0, 240, 5, "uint8")[None, :, None], (48, 1, 3))
    crops = views.apply("crop-7", np.repeat(across[None], 50, axis=0))
    widths, signs = [], []
    for image in crops.astype(int):
        row = image[0, :, 0]
        widths.append(abs(row[-1] - row[0]) / 235)
        signs.append(np.sign(row[-1] - row[0]))
        assert (np.diff(row) * signs[-1] >= 0).all()
    assert 0.6 < min(widths) < 0.75 < 0.9 < max(widths) <= 0.96
    assert 10 < signs.count(-1) < 40  # Half of them are mirrored.


def test_unknown_views_are_refused():
    with pytest.raises(ValueError, match="views=.*'upside-down'"):
        views.check(["plain", "upside-down"])
    with pytest.raises(ValueError, match="at least one"):
        views.check([])
