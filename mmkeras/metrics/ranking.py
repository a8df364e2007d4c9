"""Metrics of ranked candidate answers, as in VisDial."""

import numpy as np


def ranks(scores, answers):
    """Computes the ranks of the right candidates, from 1.

    A candidate with the same score as the right one is ranked before it, so
    equal scores for all candidates gain nothing.

    Args:
        scores: Floats of shape `(n, candidates)`; higher is better.
        answers: Integers of shape `(n,)`: the right candidates.

    Returns:
        Integers of shape `(n,)`.

    Raises:
        ValueError: If the shapes do not fit, an answer is not a candidate, or a
            score is NaN.
    """
    scores, answers = _as_scores(scores), np.asarray(answers)
    count = scores.shape[1]
    good = answers.shape == (len(scores),) and answers.dtype.kind in "iu"
    if not good or not np.all((0 <= answers) & (answers < count)):
        raise ValueError(
            f"`answers` must be {len(scores)} integers from 0 to {count - 1}. "
            f"Received: shape {answers.shape}, {answers.reshape(-1)[:5]}"
        )
    own = np.take_along_axis(scores, answers[:, None], axis=1)
    return np.sum(scores >= own, axis=1)


def mean_reciprocal_rank(ranks):
    """Computes the mean of 1 / rank, in (0, 1]."""
    return float(np.mean(1 / np.asarray(ranks)))


def recall_at(ranks, k):
    """Computes the share of right candidates among the first `k`."""
    return float(np.mean(np.asarray(ranks) <= k))


def ndcg(scores, relevance):
    """Normalised discounted cumulative gain with dense relevance.

        DCG = sum over i = 1 ... k of relevance(i) / log2(i + 1)
        NDCG = DCG of the scores' order / DCG of the best order

    with k the number of candidates of a relevance above 0, as in VisDial;
    elsewhere k is often fixed. Among equal scores, the less relevant candidate
    comes first.

    Args:
        scores: Floats of shape `(n, candidates)`; higher is better.
        relevance: Floats of the same shape, 0 or more.

    Returns:
        Mean over the rows that have a relevant candidate, in [0, 1].

    Raises:
        ValueError: If the shapes differ, or no candidate is relevant.

    Reference:
        [Das et al., 2017](https://arxiv.org/abs/1611.08669); visualdialog.org
        for the dense relevance
    """
    scores, relevance = _as_scores(scores), np.asarray(relevance, "float64")
    if relevance.shape != scores.shape or not np.all(relevance >= 0):
        raise ValueError(
            "`relevance` must have the shape of `scores` and values of at "
            f"least 0. Received: shapes {relevance.shape} and {scores.shape}"
        )
    has_relevant = np.any(relevance > 0, axis=1)
    if not has_relevant.any():
        raise ValueError(
            "Expected a relevant candidate in at least one row. Received: "
            "relevance with only zeros"
        )
    scores, relevance = scores[has_relevant], relevance[has_relevant]
    place = np.arange(1, scores.shape[1] + 1)
    in_top_k = place <= np.sum(relevance > 0, axis=1, keepdims=True)
    weight = in_top_k / np.log2(place + 1)
    order = np.lexsort((relevance, -scores), axis=1)
    gain = np.sum(np.take_along_axis(relevance, order, 1) * weight, axis=1)
    best = np.sum(-np.sort(-relevance, axis=1) * weight, axis=1)
    return float(np.mean(gain / best))


def ranking_scores(scores, answers, relevance=None):
    """Computes all metrics of ranked candidate answers.

    Args:
        scores: Floats of shape `(n, candidates)`; higher is better.
        answers: Integers of shape `(n,)`: the right candidates.
        relevance: Floats of the shape of `scores`, or `None`.

    Returns:
        Dict of `"mrr"`, `"recall_1"`, `"recall_5"`, `"recall_10"`,
        `"mean_rank"` and, with relevance, `"ndcg"`.
    """
    answer_ranks = ranks(scores, answers)
    metrics = {"mrr": mean_reciprocal_rank(answer_ranks)}
    metrics |= {f"recall_{k}": recall_at(answer_ranks, k) for k in (1, 5, 10)}
    metrics["mean_rank"] = float(np.mean(answer_ranks))
    if relevance is not None:
        metrics["ndcg"] = ndcg(scores, relevance)
    return metrics


def _as_scores(scores):
    scores = np.asarray(scores, "float64")
    if scores.ndim != 2 or not scores.size or np.isnan(scores).any():
        raise ValueError(
            "`scores` must be numbers of shape (n, candidates). Received: "
            f"shape {scores.shape}"
            + (" with NaN" if np.isnan(scores).any() else "")
        )
    return scores
