import numpy as np
import pytest
from checks import numpy

from mmkeras import fusion

X, Y = np.array([[1.0, 2], [3, 4]]), np.array([[5.0], [6]])


def test_concatenates():
    np.testing.assert_array_equal(
        numpy(fusion.Concat()([X, Y])), [[1, 2, 5], [3, 4, 6]]
    )


def test_absent_inputs_are_zeros():
    presence = np.array([[False, True], [True, False]])
    np.testing.assert_array_equal(
        numpy(fusion.Concat()([X, Y], presence=presence)),
        [[0, 0, 5], [3, 4, 0]],
    )


def test_sequences_are_refused():
    with pytest.raises(ValueError, match=r"\(batch, dim\).*MaskedPool"):
        fusion.Concat()([X, np.ones((2, 3, 4))])
