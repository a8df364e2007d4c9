"""BLEU: how many of a sentence's n-grams the references have."""

import collections
import math

from mmkeras.metrics.check import check
from mmkeras.metrics.check import ngrams

TINY = 1e-15  # As in the evaluation of COCO captions, where it keeps log finite.
SMALL = 1e-9


def corpus_bleu(candidates, references, order=4):
    """BLEU-1 to BLEU-`order` over a whole corpus.

        BLEU-n = exp(min(0, 1 - r / c)) (p_1 ... p_n) ** (1 / n)

    with the clipped precisions `p`, the candidates' length `c`, and `r` the
    sum of the closest reference lengths (the shorter of two as close).

    Args:
        candidates: List of lists of tokens.
        references: For each candidate, a list of lists of tokens.
        order: int. Longest n-grams.

    Returns:
        List of `order` floats in [0, 1].

    Raises:
        ValueError: If a candidate has no references or is not a list.

    Reference:
        [Papineni et al., 2002](https://aclanthology.org/P02-1040)
    """
    check(candidates, references)
    right, total = [0] * order, [0] * order
    said = closest = 0
    for candidate, several in zip(candidates, references):
        said += len(candidate)
        closest += min(
            (abs(len(tokens) - len(candidate)), len(tokens))
            for tokens in several
        )[1]
        for n in range(order):
            right[n] += _clipped(candidate, several, n + 1)
            total[n] += max(len(candidate) - n, 0)
    ratio = (said + TINY) / (closest + SMALL)
    brevity = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores, product = [], 1.0
    for n in range(order):
        product *= (right[n] + TINY) / (total[n] + SMALL)
        scores.append(product ** (1 / (n + 1)) * brevity)
    return scores


def _clipped(candidate, references, order):
    most = collections.Counter()
    for tokens in references:
        most |= collections.Counter(ngrams(tokens, order))
    counts = collections.Counter(ngrams(candidate, order))
    return sum((counts & most).values())
