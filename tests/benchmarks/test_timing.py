import itertools

import pytest

from benchmarks import timing


def test_the_ratio_is_the_median_of_the_rounds():
    # Round by round 2, 10 and 3; the ratio of the medians would be 4.
    assert timing.ratio([2.0, 10.0, 12.0], [1.0, 1.0, 4.0]) == 3


@pytest.mark.parametrize("power", [0.0, 1.0, 2.5])
def test_the_exponent_of_a_power(power):
    sizes = [10, 20, 40]
    seconds = [0.3 * size**power for size in sizes]
    assert timing.exponent(sizes, seconds) == pytest.approx(power, abs=1e-9)


def test_methods_take_turns_and_each_goes_first():
    calls = []
    clock = itertools.count()
    methods = {name: lambda name=name: calls.append(name) for name in "abc"}
    seconds = timing.interleave(methods, 3, lambda: next(clock))
    assert calls == list("abc" + "bca" + "cab")
    assert seconds == {name: [1, 1, 1] for name in "abc"}
    assert timing.medians({"a": [1, 9, 2]}) == {"a": 2}
