import pytest

from mmkeras.training import precision


def test_an_asked_for_policy_wins():
    assert precision.choose("mixed_float16") == "mixed_float16"


def test_auto_is_a_policy():
    assert precision.choose() in precision.POLICIES


def test_a_wrong_policy_is_refused():
    with pytest.raises(ValueError, match="'auto' or one of float32"):
        precision.choose("half")
