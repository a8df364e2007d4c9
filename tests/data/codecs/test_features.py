import numpy as np
import pytest

from mmkeras.data.codecs import Features
from mmkeras.data.codecs import from_config
from mmkeras.data.codecs import to_config


def test_vectors_pass_and_sequences_get_one_length():
    vector = np.arange(3)
    np.testing.assert_array_equal(Features((3,))(vector), vector)
    codec = from_config(to_config(Features((4, 2))))
    short, long = np.ones((3, 2)), np.arange(12).reshape(6, 2)
    assert codec.fit(short).sum(axis=1).tolist() == [2, 2, 2, 0]
    np.testing.assert_array_equal(codec.fit(long), long[:4])


@pytest.mark.parametrize("shape", [(2,), (4, 3), (4, 2, 2)])
def test_another_size_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(any, 2\).*" + str(shape[0])):
        Features((5, 2)).fit(np.ones(shape))
    with pytest.raises(ValueError, match="shape="):
        Features((0, 2))
