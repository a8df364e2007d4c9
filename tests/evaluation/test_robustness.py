import json

import numpy as np
import pytest

from mmkeras import evaluation
from mmkeras.data import corruptions
from mmkeras.evaluation import charts
from mmkeras.evaluation import tables

KINDS = {"text": "text", "features": "features"}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    words = "one two three four five six seven eight nine ten"
    return [
        {"text": words, "features": rng.normal(size=50), "label": i % 2}
        for i in range(30)
    ]


def words_left(rows):
    """A classifier that is right where the words are unchanged."""
    known = "one two three four five six seven eight nine ten".split()
    return float(
        np.mean(
            [np.mean([w in row["text"].split() for w in known]) for row in rows]
        )
    )


@pytest.fixture(scope="module")
def result(rows):
    return evaluation.robustness(words_left, rows, KINDS)


def test_a_curve_a_corruption_from_clean_to_worst(result):
    assert set(result.curves) == {
        f"{field}: {name}"
        for field, kind in KINDS.items()
        for name in corruptions.names(kind)
    }
    for curve in result.curves.values():
        assert len(curve) == 6 and curve[0] == 1
    drop = result.curves["text: drop"]
    assert all(a > b for a, b in zip(drop, drop[1:]))
    assert result.curves["text: swap"] == [1] * 6  # All words are still there.
    assert result.curves["features: noise"] == [1] * 6  # It does not look.


def test_relative_is_the_area_under_the_curve():
    result = evaluation.Robustness(
        "accuracy", {"a: b": [0.8, 0.6, 0.4, 0.4, 0, 0]}
    )
    area = (0.8 / 2 + 0.6 + 0.4 + 0.4 + 0 + 0) / 5
    assert result.relative["a: b"] == pytest.approx(area / 0.8)


def test_effective_is_what_is_lost_less_from_the_same_start():
    ours = evaluation.Robustness(
        "accuracy", {"a: b": [0.9, 0.8, 0.8, 0.8, 0.7, 0.7]}
    )
    late = evaluation.Robustness(
        "accuracy", {"a: b": [0.7, 0.5, 0.5, 0.5, 0.5, 0.5]}
    )
    assert ours.effective(late)["a: b"] == pytest.approx(0.2 - 0.14)
    assert ours.effective(ours)["a: b"] == 0
    other = evaluation.Robustness("accuracy", {"c: d": [1.0] * 6})
    assert ours.effective(other) == {}


def test_of_an_error_less_is_better():
    curve = [0.2, 0.2, 0.3, 0.3, 0.4, 0.6]
    ours = evaluation.Robustness("word_error_rate", {"a: b": curve})
    area = 0.2 / 2 + 0.2 + 0.3 + 0.3 + 0.4 + 0.6 / 2
    assert ours.relative["a: b"] == pytest.approx(5 * 0.2 / area)
    assert ours.relative["a: b"] < 1
    other = evaluation.Robustness("word_error_rate", {"a: b": [0.3] * 6})
    assert other.relative["a: b"] == pytest.approx(1)
    rise = (0.2 + 0.3 + 0.3 + 0.4 + 0.6) / 5 - 0.2
    assert ours.effective(other)["a: b"] == pytest.approx(-rise)
    assert other.effective(ours)["a: b"] == pytest.approx(rise)
    none = evaluation.Robustness("loss", {"a: b": [0.0] * 6, "c: d": [0, 1]})
    assert none.relative == {"a: b": 1, "c: d": 0}


def test_rows_are_not_changed_and_the_seed_decides(rows, result):
    text = rows[0]["text"]
    again = evaluation.robustness(words_left, rows, KINDS)
    assert again == result and rows[0]["text"] == text
    assert evaluation.robustness(words_left, rows, KINDS, seed=1) != result
    assert json.loads(json.dumps(result.to_json()))["curves"] == result.curves


def test_is_drawn_and_listed(result):
    drawn = charts.robustness(result, result)
    assert [axes.get_title() for axes in drawn.axes] == list(KINDS)
    lines = drawn.axes[0].get_lines()
    assert len(lines) == 2 * len(corruptions.names("text"))
    table = tables.robustness("Robustness", result, result)
    assert table.row_count == len(result.curves)
    assert len(table.columns) == 9
