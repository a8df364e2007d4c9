import itertools

import numpy as np
import pytest

from mmkeras import evaluation


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
    worth = evaluation.shapley(scores, ["left", "right", "other"])
    assert worth["right"] == pytest.approx(4 / 6)
    assert worth["left"] == worth["other"] == pytest.approx(1 / 6)


def test_exclusive_or_needs_both():
    def score(names):
        return 1.0 if len(names) == 2 else 0.5

    subsets = evaluation.all_subsets(score, ["text", "image"], 0.5)
    assert subsets.contributions == {"text": 0.25, "image": 0.25}
    figures = subsets.figures()
    assert figures["subset_text+image"] == 1.0 and figures["subset_"] == 0.5
    assert figures["worth_image"] == 0.25


def test_what_is_never_used_is_worth_nothing():
    fields = ["a", "b", "c", "d"]

    def score(names):
        return 0.1 + 0.2 * ("a" in names) + 0.3 * ("c" in names)

    subsets = evaluation.all_subsets(score, fields, 0.1)
    assert subsets.contributions["b"] == pytest.approx(0)
    assert subsets.contributions["c"] == pytest.approx(0.3)
    assert sum(subsets.contributions.values()) == pytest.approx(0.5)
    assert len(subsets.scores) == 2 ** len(fields)
    parts = itertools.combinations(fields, 2)
    assert set(parts) <= set(subsets.scores)


def test_worth_lies_in_its_interval():
    """Two votes right with known chances: the worth is known beforehand."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 4000)
    votes = {
        name: np.where(rng.random(4000) < share, labels, 1 - labels)
        for name, share in (("text", 0.9), ("image", 0.7))
    }
    predicted = {
        (): np.ones_like(labels),
        ("text",): votes["text"],
        ("image",): votes["image"],
        ("text", "image"): votes["text"],  # The better model decides.
    }
    subsets = evaluation.scored_subsets(
        labels,
        predicted,
        ("text", "image"),
        lambda y, p: float(np.mean(y == p)),
        draws=200,
    )
    for name, worth in (("text", 0.3), ("image", 0.1)):
        low, high = subsets.intervals[name]
        assert low < worth < high < low + 0.04
        assert low < subsets.contributions[name] < high
    figures = subsets.figures()
    assert figures["worth_text_low"] == subsets.intervals["text"][0]
