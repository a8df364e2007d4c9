import numpy as np

from mmkeras.reports import figures


def test_captions_shows_every_picture():
    pixels = np.zeros((5, 8, 8, 3), "uint8")
    drawn = figures.captions(pixels, list("abcde"), columns=3)
    assert [axes.get_title() for axes in drawn.axes][:5] == list("abcde")
    assert figures.png(drawn)[1:4] == b"PNG"


def test_attention_lays_the_map_over_the_picture():
    pixels = np.zeros((8, 8, 3), "uint8")
    weights = np.zeros((2, 5))  # A class token and four regions.
    weights[1, 4] = 1
    drawn = figures.attention(pixels, ["a", "dog"], weights)
    looked = drawn.axes[2].images[1].get_array()
    np.testing.assert_array_equal(looked, [[0, 0], [0, 1]])
