"""Diversity of generated captions."""

from mmkeras.metrics.inputs import check_sentences
from mmkeras.metrics.ngrams import ngrams


def distinct(candidates, n=1):
    """Computes the share of different n-grams among all n-grams.

    Args:
        candidates: One token list per item.
        n: Length of the n-grams.

    Returns:
        A float in [0, 1]; 0 if no candidate has n tokens.

    Raises:
        ValueError: If `candidates` is not a non-empty list of token lists.

    Departure from the paper: it divides by the number of tokens; here it is
    the number of n-grams, so that 1 can be reached for every n.

    Reference: Li et al., 2016, https://arxiv.org/abs/1510.03055.
    """
    check_sentences(candidates)
    grams = [gram for tokens in candidates for gram in ngrams(tokens, n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def vocabulary(candidates):
    """Counts the different tokens used.

    Args:
        candidates: One token list per item.

    Returns:
        An int.

    Raises:
        ValueError: If `candidates` is not a non-empty list of token lists.
    """
    check_sentences(candidates)
    return len({token for tokens in candidates for token in tokens})


def unique_share(candidates):
    """Computes the number of different captions over that of captions.

    Args:
        candidates: One token list per item.

    Returns:
        A float in (0, 1]: 1 if no two captions are alike.

    Raises:
        ValueError: If `candidates` is not a non-empty list of token lists.
    """
    check_sentences(candidates)
    return len(set(map(tuple, candidates))) / len(candidates)
