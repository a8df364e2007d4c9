import numpy as np
import pytest
from checks import check_config
from checks import numpy

from mmkeras import layers


def augment(x, **settings):
    layer = layers.SpecAugment(seed=1, **settings)
    return numpy(layer(x, training=True))


def test_masks_are_at_most_as_wide_as_the_limits():
    x = np.ones((200, 30, 20), "float32")
    masked = augment(x, freq_width=6, time_fraction=0.3) == 0
    bands = masked.all(axis=1).sum(axis=1)
    spans = masked.all(axis=2).sum(axis=1)
    for count, maximum in ((bands, 6), (spans, 9)):
        assert set(range(maximum)) <= set(count) <= set(range(maximum + 1))
    union = masked.all(1)[:, None, :] | masked.all(2)[:, :, None]
    np.testing.assert_array_equal(masked, union)


def test_a_band_is_in_one_piece_and_anywhere():
    masked = (
        augment(np.ones((300, 4, 20), "float32"), freq_width=5, time_masks=0)
        == 0
    )
    rows = masked[:, 0].astype(int)
    edges = np.abs(np.diff(np.pad(rows, [(0, 0), (1, 1)]), axis=1)).sum(axis=1)
    assert set(edges) == {0, 2}
    assert rows.any(axis=0).all()


def test_only_in_training_and_of_any_length():
    x = np.ones((2, 7, 5), "float32")
    layer = layers.SpecAugment()
    np.testing.assert_array_equal(numpy(layer(x)), x)
    longer = np.ones((2, 9, 5), "float32")
    assert numpy(layer(longer, training=True)).shape == (2, 9, 5)
    check_config(layers.SpecAugment(2, 3, 2, 0.1, 5))


def test_more_than_all_is_refused():
    with pytest.raises(ValueError, match="time_fraction=1.5"):
        layers.SpecAugment(time_fraction=1.5)
