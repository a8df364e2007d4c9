"""Ranks over all pairs, beside a plain loop."""

import math
import tracemalloc

import numpy as np
import pytest

from mmkeras import metrics
from mmkeras.metrics import retrieval

RNG = np.random.default_rng(0)


def by_hand(products, relevant):
    """Rank of the first relevant item and gain of one query."""
    order = sorted(
        range(len(products)), key=lambda j: (-products[j], relevant[j])
    )
    places = [i for i, j in enumerate(order) if relevant[j]]
    ideal = range(min(len(places), 10))
    gain = sum(1 / math.log2(i + 2) for i in places if i < 10)
    return places[0] + 1, gain / sum(1 / math.log2(i + 2) for i in ideal)


@pytest.mark.parametrize("per_image", [1, 5, 12])
@pytest.mark.parametrize("block", [1, 40, 10**6])
def test_equals_a_plain_loop(per_image, block):
    # Few different values: there are ties.
    images = RNG.integers(-2, 3, size=(13, 3)).astype("float32")
    texts = RNG.integers(-2, 3, size=(13 * per_image, 3)).astype("float32")
    groups = np.repeat(np.arange(13), per_image)
    for queries, items, one, other in (
        (images, texts, np.arange(13), groups),
        (texts, images, groups, np.arange(13)),
    ):
        ranked = retrieval.rank(queries, items, one, other, block)
        expected = [
            by_hand(items @ query, other == group)
            for query, group in zip(queries, one)
        ]
        ranks, gains = zip(*expected)
        np.testing.assert_array_equal(ranked.ranks, ranks)
        np.testing.assert_allclose(ranked.gains, gains)


def test_scores_of_both_directions():
    images = np.eye(3)
    # The texts of image 2 are those of image 1.
    texts = np.eye(3)[[0, 0, 1, 1, 1, 1]]
    groups = ["a", "a", "b", "b", "c", "c"]
    scores = metrics.retrieval_scores(
        images, texts, ["a", "b", "c"], groups, ("image", "text")
    )
    assert scores["image_to_text_recall_1"] == pytest.approx(1 / 3)
    # Image b: both texts of c come first, as they are equal.
    assert scores["image_to_text_mean_rank"] == pytest.approx((1 + 3 + 5) / 3)
    assert scores["image_to_text_median_rank"] == 3
    assert scores["image_to_text_mrr"] == pytest.approx((1 + 1 / 3 + 1 / 5) / 3)
    assert scores["text_to_image_recall_1"] == pytest.approx(4 / 6)
    recalls = [v for k, v in scores.items() if "_to_" in k and "recall" in k]
    assert len(recalls) == 6
    assert scores["recall_mean"] == pytest.approx(np.mean(recalls))


def test_equal_embeddings_gain_nothing():
    same = np.ones((50, 4))
    ranked = retrieval.rank(same, same, range(50), range(50))
    assert (ranked.ranks == 50).all() and (ranked.gains == 0).all()


def test_memory_is_bounded_by_the_block():
    queries, items = (
        RNG.normal(size=(n, 4)).astype("float32") for n in (3000, 1000)
    )
    groups = np.arange(3000) % 1000
    tracemalloc.start()
    retrieval.rank(queries, items, groups, np.arange(1000), block=20_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * queries.size * items.shape[0] / 10


@pytest.mark.parametrize(
    "change, message",
    [
        ({"queries": np.ones((2, 4))}, r"shape \(3,\)|`query_groups`"),
        (
            {"items": np.ones((3, 5))},
            r"`items` must be numbers of shape \(n, 4",
        ),
        ({"queries": np.full((3, 4), np.nan)}, r"queries\[0\] is not"),
        ({"item_groups": [0, 1, 1]}, "Query 2 has no relevant item.*2"),
        ({"item_groups": [0, 1]}, "`item_groups` must have the shape"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    arguments = {
        "queries": np.ones((3, 4)),
        "items": np.ones((3, 4)),
        "query_groups": [0, 1, 2],
        "item_groups": [0, 1, 2],
    }
    with pytest.raises(ValueError, match=message):
        retrieval.rank(**arguments | change)
