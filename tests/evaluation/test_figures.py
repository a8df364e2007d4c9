import numpy as np
import pytest

from mmkeras.evaluation import figures


def texts(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def pixels_of(axes):
    return np.asarray(axes.images[0].get_array())


def test_captions_shows_every_image():
    pixels = np.arange(5, dtype="uint8")[:, None, None, None] * np.ones(
        (8, 8, 3), "uint8"
    )
    figure = figures.captions(pixels, list("abcde"), columns=3)
    assert [texts(axes) for axes in figure.axes[:5]] == [[x] for x in "abcde"]
    assert [pixels_of(axes).max() for axes in figure.axes[:5]] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert not figure.axes[5].images  # The grid has room for a sixth.


def test_captions_shows_references():
    pixels = np.zeros((1, 8, 8, 3), "uint8")
    figure = figures.captions(pixels, ["a"], [["the dog", "dogs"]])
    assert texts(figure.axes[0]) == ["a", "“the dog”"]


def test_attention_brightens_what_was_looked_at():
    pixels = np.full((1, 8, 8, 3), 200, "uint8")
    weights = np.zeros((2, 5))  # A class token and four regions.
    weights[1, 4] = 1
    figure = figures.attention(pixels, ["a dog"], [(["a", "dog"], weights)])
    whole, first, second = figure.axes
    assert [texts(axes) for axes in figure.axes] == [["a dog"], ["a"], ["dog"]]
    np.testing.assert_array_equal(pixels_of(whole), pixels[0])
    assert pixels_of(first).max() <= 0.2 * 200 + 1
    assert pixels_of(second)[7, 7, 0] > pixels_of(second)[0, 0, 0] + 100


def test_regions_take_the_shape_of_the_image():
    maps = figures.regions(np.arange(16)[None].repeat(2, 0), (20, 80, 3))
    assert maps.shape == (2, 2, 8)
    with pytest.raises(ValueError, match="7 regions of an image of 20 x 80"):
        figures.regions(np.zeros((2, 7)), (20, 80, 3))


def test_png_is_written_whole(tmp_path):
    figure = figures.captions(np.zeros((1, 8, 8, 3), "uint8"), ["a"])
    figures.write_png(figure, tmp_path / "f.png")
    assert (tmp_path / "f.png").read_bytes() == figures.png(figure)
