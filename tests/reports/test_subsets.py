import itertools

import pytest

from mmkeras import reports


def test_a_game_worked_by_hand():
    """Left and right gloves: a pair is worth 1."""
    scores = {
        (): 0,
        ("left", "right"): 1,
        ("left", "other"): 0,
        ("right", "other"): 1,
        ("left", "right", "other"): 1,
    }
    scores |= {(name,): 0 for name in ("left", "right", "other")}
    worth = reports.shapley(scores, ["left", "right", "other"])
    assert worth["right"] == pytest.approx(4 / 6)
    assert worth["left"] == worth["other"] == pytest.approx(1 / 6)


def test_exclusive_or_needs_both():
    def score(names):
        return 1.0 if len(names) == 2 else 0.5

    found = reports.all_subsets(score, ["text", "image"], 0.5)
    assert found.worth == {"text": 0.25, "image": 0.25}
    figures = found.figures()
    assert figures["subset_text+image"] == 1.0 and figures["subset_"] == 0.5
    assert figures["worth_image"] == 0.25


def test_what_is_never_used_is_worth_nothing():
    fields = ["a", "b", "c", "d"]

    def score(names):
        return 0.1 + 0.2 * ("a" in names) + 0.3 * ("c" in names)

    found = reports.all_subsets(score, fields, 0.1)
    assert found.worth["b"] == pytest.approx(0)
    assert found.worth["c"] == pytest.approx(0.3)
    assert sum(found.worth.values()) == pytest.approx(0.5)
    assert len(found.scores) == 2 ** len(fields)
    parts = itertools.combinations(fields, 2)
    assert set(parts) <= set(found.scores)
