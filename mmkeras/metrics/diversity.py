"""Whether a system says different things of different pictures."""

from mmkeras.metrics.check import ngrams


def distinct(candidates, order):
    """Share of n-grams that are different, over all candidates.

    Args:
        candidates: List of lists of tokens.
        order: int. Size of the n-grams.

    Returns:
        float in [0, 1]; 0 if there are none.

    Reference:
        [Li et al., 2016](https://arxiv.org/abs/1510.03055)
    """
    grams = [gram for tokens in candidates for gram in ngrams(tokens, order)]
    return len(set(grams)) / max(len(grams), 1)


def unique_share(candidates):
    """Share of candidates that are different, in [0, 1]."""
    return len({tuple(c) for c in candidates}) / max(len(candidates), 1)


def vocabulary(candidates):
    """Number of different tokens used."""
    return len({token for tokens in candidates for token in tokens})
