import pytest

from mmkeras.metrics import consistency


def test_a_group_counts_if_all_of_it_is_right():
    right = [True, True, True, False, True, False]
    groups = ["a", "b", "a", "b", "c", "d"]
    assert consistency(right, groups) == pytest.approx(2 / 4)  # a and c
    assert consistency([True] * 3, [5, 5, 5]) == 1
    assert consistency([True, False, True], [5, 5, 5]) == 0
