import numpy as np
import pytest

from mmkeras.data import views


def test_crops_are_drawn_by_number_and_row():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 256, (40, 48, 3)).astype("uint8")
    pixels = np.repeat(one[None], 6, axis=0)
    shown = views.show("crop-0", pixels)
    assert shown.shape == pixels.shape
    assert shown.dtype == np.uint8
    assert len({image.tobytes() for image in shown}) == 6
    # However the images are batched, each is shown the same.
    late = views.show("crop-0", pixels[4:], first=4)
    np.testing.assert_array_equal(late, shown[4:])
    assert (views.show("crop-1", pixels) != shown).any()


def test_a_crop_is_a_part_of_the_image():
    across = np.tile(np.arange(0, 240, 5, "uint8")[None, :, None], (48, 1, 3))
    shown = views.show("crop-7", np.repeat(across[None], 50, axis=0))
    widths, signs = [], []
    for image in shown.astype(int):
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
