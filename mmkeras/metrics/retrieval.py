"""Metrics of cross-modal retrieval, over all pairs in blocks."""

import dataclasses

import numpy as np

from mmkeras.metrics import ranking

_BLOCK = 2**22  # Products at once: 16 MiB in float32.
_TOP = 10


@dataclasses.dataclass(frozen=True)
class Ranked:
    """How queries rank the items that are relevant to them.

    Attributes:
        ranks: Integers of shape `(n,)`: rank of the first relevant item, from
            1.
        gains: Floats of shape `(n,)`: normalised discounted cumulative gain
            of the first ten.
    """

    ranks: np.ndarray
    gains: np.ndarray


def rank(
    queries, items, query_groups, item_groups, block=_BLOCK, similarity=None
):
    """Ranks all items for each query by the product of their embeddings.

    Items of the group of the query are relevant. An item that is not comes
    before a relevant one with the same product, so equal products gain
    nothing.

    Args:
        queries: Floats of shape `(n, dim)`.
        items: Floats of shape `(m, dim)`.
        query_groups: Integers or strings of shape `(n,)`.
        item_groups: Integers or strings of shape `(m,)`.
        block: int. Products in memory at once; at least those of one query.
        similarity: Function of some queries, and of all items, arrays of any
            shapes `(n, ...)` and `(m, ...)`, to floats `(n, m)`; by default
            the products.

    Returns:
        A `Ranked`.

    Raises:
        ValueError: If shapes do not fit, an embedding is not finite, or a
            query has no relevant item.
    """
    if similarity is None:
        similarity = _products
        queries = _embeddings(queries, "queries")
        items = _embeddings(items, "items", queries.shape[1])
    numbers = _numbers(query_groups, item_groups, len(queries), len(items))
    order = np.argsort(numbers[1], kind="stable")
    items = items[order]
    # The relevant items of a query are adjacent, from `first` on.
    first, end = (
        np.searchsorted(numbers[1][order], numbers[0], side)
        for side in ("left", "right")
    )
    rows = max(block // len(items), 1)
    parts = [
        _rank_block(
            similarity(queries[i : i + rows], items), first[i:], end[i:]
        )
        for i in range(0, len(queries), rows)
    ]
    return Ranked(*map(np.concatenate, zip(*parts)))


def retrieval_scores(first, second, first_groups, second_groups, names):
    """Computes the metrics of retrieval in both directions.

    Args:
        first: Floats of shape `(n, dim)`, e.g. embeddings of images.
        second: Floats of shape `(m, dim)`, e.g. embeddings of captions.
        first_groups: Integers or strings of shape `(n,)`.
        second_groups: Integers or strings of shape `(m,)`; equal ones belong
            together.
        names: Names of the two, e.g. `("image", "text")`.

    Returns:
        Dict of `"recall_1"`, `"recall_5"`, `"recall_10"`, `"median_rank"`,
        `"mean_rank"`, `"mrr"` and `"ndcg_10"` of each direction, e.g.
        `"image_to_text_recall_1"`; and `"recall_mean"`, the mean of the
        recalls at 1, 5 and 10 in all directions.

    Raises:
        ValueError: As of `rank`.
    """
    one, other = names
    return scores_of_ranked(
        {
            (one, other): rank(first, second, first_groups, second_groups),
            (other, one): rank(second, first, second_groups, first_groups),
        }
    )


def scores_of_ranked(ranked):
    """Computes the metrics of retrieval in several directions.

    Args:
        ranked: Dict from pairs of names, that of the queries and that of the
            items, to `Ranked`s.

    Returns:
        Dict as of `retrieval_scores`.
    """
    scores = {
        f"{name}_to_{other}_{metric}": value
        for (name, other), each in ranked.items()
        for metric, value in _scores(each).items()
    }
    recalls = [value for key, value in scores.items() if "recall" in key]
    return {**scores, "recall_mean": float(np.mean(recalls))}


def _scores(ranked):
    ranks = ranked.ranks
    return {
        **{f"recall_{k}": ranking.recall_at(ranks, k) for k in (1, 5, 10)},
        "median_rank": float(np.median(ranks)),
        "mean_rank": float(np.mean(ranks)),
        "mrr": ranking.mean_reciprocal_rank(ranks),
        "ndcg_10": float(np.mean(ranked.gains)),
    }


def _products(queries, items):
    return queries @ items.T


def _rank_block(products, first, end):
    """Ranks of the first relevant items of some queries, and the gains."""
    first, end = first[: len(products)], end[: len(products)]
    counts = end - first
    places = first[:, None] + np.arange(counts.max())
    is_relevant = places < end[:, None]
    rows, slots = np.nonzero(is_relevant)
    columns = places[rows, slots]
    right = np.full(places.shape, -np.inf, "float32")
    right[rows, slots] = products[rows, columns]
    right = -np.sort(-right, axis=1)
    products[rows, columns] = -np.inf
    ranks = np.stack(
        [
            i + 1 + np.count_nonzero(products >= right[:, i, None], axis=1)
            for i in range(min(_TOP, right.shape[1]))
        ],
        axis=1,
    )
    gains = np.where(ranks <= _TOP, 1 / np.log2(ranks + 1), 0)
    gains *= np.arange(ranks.shape[1]) < counts[:, None]
    ideal = np.cumsum(1 / np.log2(np.arange(_TOP) + 2))
    ideal = ideal[np.minimum(counts, _TOP) - 1]
    return ranks[:, 0], np.sum(gains, axis=1) / ideal


def _embeddings(values, name, dim=None):
    values = np.asarray(values, "float32")
    is_matrix = values.ndim == 2 and values.size
    if not is_matrix or dim not in (None, values.shape[1]):
        raise ValueError(
            f"`{name}` must be numbers of shape (n, {dim or 'dim'}). Received: "
            f"shape {values.shape}"
        )
    if not np.isfinite(values).all():
        index = int(np.argmin(np.isfinite(values).all(axis=1)))
        raise ValueError(
            f"`{name}` must be finite. Received: {name}[{index}] is not"
        )
    return values


def _numbers(query_groups, item_groups, *counts):
    """Numbers of the groups, the same if equal."""
    groups = [np.asarray(query_groups), np.asarray(item_groups)]
    for name, group, count in zip(("query", "item"), groups, counts):
        if group.shape != (count,):
            raise ValueError(
                f"`{name}_groups` must have the shape ({count},). Received: "
                f"shape {group.shape}"
            )
    _, numbers = np.unique(np.concatenate(groups), return_inverse=True)
    queries, items = numbers[: counts[0]], numbers[counts[0] :]
    has_item = np.isin(queries, items)
    if not has_item.all():
        index = int(np.argmin(has_item))
        raise ValueError(
            f"Query {index} has no relevant item: its group is "
            f"{query_groups[index]!r}"
        )
    return queries, items
