import math

import numpy as np
import pytest

from mmkeras import metrics
from mmkeras.metrics import ranking

SCORES = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.4], [0.2, 0.3, 0.9]]


def test_ranks_by_hand():
    assert list(ranking.ranks(SCORES, [1, 1, 1])) == [1, 3, 2]
    actual = metrics.ranking_scores(SCORES, [1, 1, 1])
    assert actual == {
        "mrr": pytest.approx((1 + 1 / 3 + 1 / 2) / 3),
        "recall_1": pytest.approx(1 / 3),
        "recall_5": 1.0,
        "recall_10": 1.0,
        "mean_rank": 2.0,
    }
    assert ranking.recall_at([1, 3, 2], 2) == pytest.approx(2 / 3)


def test_equal_scores_gain_nothing():
    equal = np.zeros((2, 100))
    assert list(ranking.ranks(equal, [0, 99])) == [100, 100]
    relevance = np.eye(100)[[0, 99]]
    assert metrics.ranking_scores(equal, [0, 99], relevance)["ndcg"] == 0


def test_ndcg_by_hand():
    # Two are relevant, so two places count: candidates 3 and 0.
    scores, relevance = [[0.3, 0.2, 0.1, 0.9]], [[0.5, 1.0, 0.0, 0.0]]
    gain = 0 / math.log2(2) + 0.5 / math.log2(3)
    best = 1.0 / math.log2(2) + 0.5 / math.log2(3)
    assert ranking.ndcg(scores, relevance) == pytest.approx(gain / best)
    assert ranking.ndcg(relevance, relevance) == 1.0
    # A row without a relevant candidate is left out.
    both = [*scores, [0.1, 0.2, 0.3, 0.4]], [*relevance, [0, 0, 0, 0]]
    assert ranking.ndcg(*both) == pytest.approx(gain / best)


def test_ndcg_by_its_formula():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 10))
    relevance = rng.choice([0, 0, 0.25, 0.5, 1.0], (20, 10))
    relevance[:, 0] = 1.0
    expected = []

    def dcg(gains, order):
        return sum(gains[j] / math.log2(i + 2) for i, j in enumerate(order))

    for row, gains in zip(scores, relevance):
        k = sum(x > 0 for x in gains)
        ours = sorted(range(10), key=lambda j: -row[j])[:k]
        ideal = sorted(range(10), key=lambda j: -gains[j])[:k]
        expected.append(dcg(gains, ours) / dcg(gains, ideal))
    actual = ranking.ndcg(scores, relevance)
    assert actual == pytest.approx(np.mean(expected))


@pytest.mark.parametrize(
    "call, received",
    [
        (lambda: ranking.ranks(SCORES, [0, 1, 3]), r"\[0 1 3\]"),
        (lambda: ranking.ranks(SCORES, [0, 1]), r"shape \(2,\)"),
        (lambda: ranking.ranks([0.1, 0.2], [0]), r"shape \(2,\)"),
        (lambda: ranking.ranks([[math.nan, 1.0]], [0]), "NaN"),
        (lambda: ranking.ndcg(SCORES, [[1.0]]), r"\(1, 1\)"),
        (lambda: ranking.ndcg(SCORES, np.zeros((3, 3))), "zeros"),
    ],
)
def test_what_does_not_fit_is_refused(call, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        call()
