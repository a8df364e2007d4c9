import numpy as np
import pytest

from mmkeras import metrics


def distance(one, other):
    """Levenshtein's distance by its recursion."""
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, 1):
        previous, row = row, [i]
        for j, y in enumerate(other, 1):
            best = min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (x != y))
            row.append(best)
    return row[-1]


def test_by_hand():
    statistics = metrics.error_statistics(["a big cat", ""], ["a cat", "yes"])
    assert statistics.tolist() == [[1, 2, 4, 5], [1, 1, 3, 3]]
    rates = metrics.error_rates(statistics)
    assert rates["word_error_rate"] == pytest.approx(2 / 3)
    assert rates["character_error_rate"] == pytest.approx(7 / 8)


def test_equals_the_recursion():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ab c"), 12)) for _ in range(20)]
    statistics = metrics.error_statistics(texts[:10], texts[10:])
    for row, text, reference in zip(statistics, texts, texts[10:]):
        assert row[2] == distance(text, reference)
        assert row[0] == distance(text.split(), reference.split())


def test_lower_is_better_only_for_errors():
    assert metrics.lower_is_better("val_word_error_rate")
    assert metrics.lower_is_better("val_loss")
    assert not metrics.lower_is_better("cider")
