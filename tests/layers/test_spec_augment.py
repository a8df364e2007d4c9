import numpy as np
import pytest
from checks import check_config
from checks import numpy

from mmkeras import layers


def hide(x, **settings):
    layer = layers.SpecAugment(seed=1, **settings)
    return numpy(layer(x, training=True))


def test_hides_bands_and_stretches_no_wider_than_asked():
    x = np.ones((200, 30, 20), "float32")
    found = hide(x, width=6, length=0.3) == 0
    bands = found.all(axis=1).sum(axis=1)
    stretches = found.all(axis=2).sum(axis=1)
    for count, most in ((bands, 6), (stretches, 9)):
        assert set(range(most)) <= set(count) <= set(range(most + 1))
    whole = found.all(1)[:, None, :] | found.all(2)[:, :, None]
    np.testing.assert_array_equal(found, whole)


def test_a_band_is_in_one_piece_and_anywhere():
    found = hide(np.ones((300, 4, 20), "float32"), width=5, stretches=0) == 0
    rows = found[:, 0].astype(int)
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
    with pytest.raises(ValueError, match="length=1.5"):
        layers.SpecAugment(length=1.5)
