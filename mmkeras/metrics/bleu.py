"""BLEU of a whole corpus."""

import math
from collections import Counter

import numpy as np

from mmkeras.metrics import ids
from mmkeras.metrics.inputs import check_corpus
from mmkeras.metrics.inputs import check_references
from mmkeras.metrics.ngrams import Index
from mmkeras.metrics.ngrams import ngrams
from mmkeras.metrics.ngrams import tally

# pycocoevalcap's guards against 0 / 0 and 0 ** 0.
_TINY = 1e-15
_SMALL = 1e-9
# Weight of each n in the mean logarithm of BLEU-1 to BLEU-4.
_WEIGHTS = np.cumsum([1 / 16, 1 / 12, 1 / 8, 1 / 4])[::-1]
_FAR = 2**20  # More words than a sentence has.


def corpus_bleu(candidates, references, order=4):
    """Computes BLEU-1 to BLEU-n of a corpus.

    `BLEU-n = BP * (p_1 * ... * p_n) ** (1 / n)` with `p_k` the share of the
    candidates' k-grams that occur in a reference, each counted at most as
    often as in the reference that has the most of it. The brevity penalty is
    `BP = min(1, exp(1 - r / c))`, with `c` the candidates' total length and
    `r` the total of the reference lengths closest to each (the shorter on a
    tie). Nothing is smoothed.

    Equal to pycocoevalcap's `Bleu`, which reports the "closest" length.

    Args:
        candidates: One token list per item.
        references: A list of token lists per item.
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
    counts = sentence_counts(candidates, references, order)
    return from_sentences(counts)


def sentence_counts(candidates, references, order=4):
    """Counts per sentence what BLEU of a corpus is computed from.

    Args:
        candidates: One token list per item.
        references: A list of token lists per item.
        order: Longest n-gram.

    Returns:
        int64 array of shape `(n, 2 * order + 2)`: matches and totals of each
        n-gram length, the candidate's length, and that of the closest
        reference.

    Raises:
        ValueError: As of `corpus_bleu`.
    """
    check_corpus(candidates, references)
    lengths, counts = range(1, order + 1), []
    for candidate, sentences in zip(candidates, references):
        matches = [_clipped_matches(candidate, sentences, n) for n in lengths]
        totals = [max(0, len(candidate) - n + 1) for n in lengths]
        closest = _closest(len(candidate), sentences)
        counts.append([*matches, *totals, len(candidate), closest])
    return np.array(counts, "int64")


def from_sentences(counts):
    """Computes BLEU-1 to BLEU-n of a corpus.

    Args:
        counts: Integers as of `sentence_counts`, of any of its rows.

    Returns:
        List of n floats.
    """
    *sums, length, closest = np.sum(counts, axis=0, dtype="int64").tolist()
    order = len(sums) // 2
    return from_counts(sums[:order], sums[order:], length, closest)


def from_counts(matches, totals, length, closest):
    """Computes BLEU-1 to BLEU-n from the counts of a corpus.

    Args:
        matches: List of n counts of n-grams that occur in a reference.
        totals: List of n counts of all n-grams.
        length: Total number of words.
        closest: Total number of words of the closest references.

    Returns:
        List of n floats.
    """
    ratio = (length + _TINY) / (closest + _SMALL)
    penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores, product = [], 1.0
    for n, (hits, total) in enumerate(zip(matches, totals), 1):
        product *= (hits + _TINY) / (total + _SMALL)
        scores.append(penalty * product ** (1 / n))
    return scores


class Reward:
    """Scores the sentences of a batch by what each adds to its BLEU.

    BLEU is defined for a corpus; that of a single sentence is mostly 0. To
    first order, one sentence changes the mean logarithm of BLEU-1 to BLEU-4 of
    a batch by a share of

        sum_n w_n (m_n / M_n - c_n / C_n)  +  [C < R] R / C (c / C - r / R)

    for a sentence with `m_n` matches among its `c_n` n-grams, `c` words and
    the closest reference of length `r`; capitals are means over the batch,
    and `w_n = sum over k = n..4 of 1 / (4 k)`. Shares are 0 on average.

    Sequences are read as `mmkeras.metrics.cider.Reward` reads them.

    Args:
        references: A list of id sequences per item, which may be padded with 0.
        start: Id that may stand in front of a sequence.
        end: Id that ends a sequence.

    Raises:
        ValueError: If there is no item or one without a reference, or if ids
            are not whole numbers of at least 0.
    """

    def __init__(self, references, *, start=1, end=2):
        check_references(references)
        self._edges = start, end
        counts = [len(item) for item in references]
        sentences = [sentence for item in references for sentence in item]
        tokens, lengths = ids.words(ids.to_matrix(sentences), start, end)
        items, slots = ids.places(counts)
        self._lengths = np.full((len(counts), max(counts)), _FAR)
        self._lengths[items, slots] = lengths
        self._index = Index(tokens, lengths)
        self._limits = [
            _max_counts(numbers, rows, items, size)
            for size, (numbers, rows) in zip(
                self._index.sizes, self._index.number(tokens, lengths)
            )
        ]

    def __len__(self):
        return len(self._lengths)

    def __call__(self, indices, candidates):
        """Scores candidates; see `mmkeras.metrics.cider.Reward`."""
        return shares(*self.count(indices, candidates))

    def count(self, indices, candidates):
        """Counts the matches and n-grams that BLEU is computed from.

        Args:
            indices: (n,) ints, the item each candidate describes.
            candidates: (n, length) ints, or n id sequences.

        Returns:
            Tuple of (n, 4) matches, (n, 4) n-grams, and (n,) the lengths of
            the closest references.

        Raises:
            ValueError: If shapes do not fit or an index has no item.
        """
        indices, candidates = ids.check(indices, candidates, len(self))
        tokens, lengths = ids.words(candidates, *self._edges)
        matches = [
            _count_matches(numbers, rows, indices, *limits)
            for limits, (numbers, rows) in zip(
                self._limits, self._index.number(tokens, lengths)
            )
        ]
        grams = np.maximum(lengths[:, None] - np.arange(len(matches)), 0)
        others = self._lengths[indices]
        far = np.abs(others - lengths[:, None]) * _FAR + others
        closest = np.take_along_axis(others, far.argmin(1)[:, None], 1)[:, 0]
        return np.stack(matches, axis=1), grams, closest


def shares(matches, grams, closest):
    """Computes what each sentence of a batch adds to its BLEU; see `Reward`.

    Args:
        matches: Array of shape `(n, 4)`, as from `Reward.count`.
        grams: Array of shape `(n, 4)`, likewise.
        closest: Array of shape `(n,)`, likewise.

    Returns:
        float32 array of shape `(n,)`.
    """
    right = np.maximum(matches.mean(axis=0), 1 / max(len(matches), 1))
    total = np.maximum(grams.mean(axis=0), 1e-9)
    share = (matches / right - grams / total) @ _WEIGHTS
    length, target = total[0], closest.mean()
    if length < target:
        share += target / length * (grams[:, 0] / length - closest / target)
    return share.astype("float32")


def _max_counts(numbers, rows, items, size):
    """Returns a code for each n-gram of an item, and its largest count."""
    rows, grams, counts = tally(numbers, rows, size)
    codes, places = np.unique(items[rows] * size + grams, return_inverse=True)
    maxima = np.zeros(len(codes), "int64")
    np.maximum.at(maxima, places, counts)
    return codes, maxima, size


def _count_matches(numbers, rows, items, codes, maxima, size):
    """Counts the n-grams of each sentence that its item's references have."""
    rows, grams, counts = tally(numbers, rows, size)
    keys = items[rows] * size + grams
    places = np.searchsorted(codes, keys)
    hit = (grams < size) & (places < len(codes))
    hit[hit] = codes[places[hit]] == keys[hit]
    matches = np.minimum(counts[hit], maxima[places[hit]])
    return np.bincount(rows[hit], matches, minlength=len(items))


def _closest(length, sentences):
    lengths = map(len, sentences)
    return min((abs(other - length), other) for other in lengths)[1]


def _clipped_matches(candidate, sentences, n):
    counts = Counter(ngrams(candidate, n))
    limits = [Counter(ngrams(sentence, n)) for sentence in sentences]
    return sum(
        min(count, max(counter.get(gram, 0) for counter in limits))
        for gram, count in counts.items()
    )
