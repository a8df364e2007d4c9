"""BLEU of a whole corpus."""

import math
from collections import Counter

from mmkeras.metrics.inputs import check_corpus
from mmkeras.metrics.ngrams import ngrams

# pycocoevalcap's guards against 0 / 0 and 0 ** 0.
_TINY = 1e-15
_SMALL = 1e-9


def corpus_bleu(candidates, references, order=4):
    """Computes BLEU-1 to BLEU-n of a corpus.

    `BLEU-n = BP * (p_1 * ... * p_n) ** (1 / n)` with `p_k` the share of the
    candidates' k-grams that occur in a reference, each counted at most as
    often as in the reference that has it most. The brevity penalty is
    `BP = min(1, exp(1 - r / c))`, with `c` the candidates' total length and
    `r` the total of the reference lengths closest to each (the shorter on a
    tie). Nothing is smoothed.

    Equal to pycocoevalcap's `Bleu`, which reports the "closest" length.

    Args:
        candidates: One token list an item.
        references: A list of token lists an item.
        order: Longest n-gram.

    Returns:
        `[BLEU-1, ..., BLEU-order]`, floats in [0, 1].

    Raises:
        ValueError: If the corpus is not as described, see
            `mmkeras.metrics.inputs.check_corpus`.

    Example:

    >>> corpus_bleu([["a", "dog", "runs"]], [[["a", "dog", "ran"]]], order=2)

    Reference: Papineni et al., 2002, https://aclanthology.org/P02-1040.
    """
    check_corpus(candidates, references)
    right, guessed = [0] * order, [0] * order
    length = closest = 0
    for candidate, sentences in zip(candidates, references):
        length += len(candidate)
        closest += _closest(len(candidate), sentences)
        for n in range(1, order + 1):
            guessed[n - 1] += max(0, len(candidate) - n + 1)
            right[n - 1] += _clipped_matches(candidate, sentences, n)
    ratio = (length + _TINY) / (closest + _SMALL)
    penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores, product = [], 1.0
    for n in range(1, order + 1):
        product *= (right[n - 1] + _TINY) / (guessed[n - 1] + _SMALL)
        scores.append(penalty * product ** (1 / n))
    return scores


def _closest(length, sentences):
    lengths = map(len, sentences)
    return min((abs(other - length), other) for other in lengths)[1]


def _clipped_matches(candidate, sentences, n):
    counts = Counter(ngrams(candidate, n))
    known = [Counter(ngrams(sentence, n)) for sentence in sentences]
    return sum(
        min(count, max(counter.get(gram, 0) for counter in known))
        for gram, count in counts.items()
    )
