"""ROUGE-L: the longest common subsequence with the references."""

from mmkeras.metrics.check import check

BETA = 1.2  # Recall counts more than precision.


def rouge_l(candidates, references):
    """Mean ROUGE-L over a corpus.

        F = (1 + b^2) P R / (R + b^2 P),  b = 1.2

    with the best precision P and the best recall R over the references.

    Args:
        candidates: List of lists of tokens.
        references: For each candidate, a list of lists of tokens.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: If a candidate has no references or is not a list.

    Reference:
        [Lin, 2004](https://aclanthology.org/W04-1013)
    """
    check(candidates, references)
    scores = [_score(c, r) for c, r in zip(candidates, references)]
    return sum(scores) / len(scores)


def _score(candidate, references):
    common = [_common(tokens, candidate) for tokens in references]
    lengths = [len(tokens) for tokens in references]
    precision = max(common) / max(len(candidate), 1)
    recall = max(c / max(n, 1) for c, n in zip(common, lengths))
    if not precision or not recall:
        return 0.0
    square = BETA**2
    return (1 + square) * precision * recall / (recall + square * precision)


def _common(left, right):
    """Length of the longest common subsequence."""
    row = [0] * (len(right) + 1)
    for token in left:
        before = 0
        for j, other in enumerate(right, 1):
            above = row[j]
            row[j] = before + 1 if token == other else max(above, row[j - 1])
            before = above
    return row[-1]
