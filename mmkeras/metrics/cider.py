"""CIDEr-D: agreement with several references, weighted by rarity."""

import numpy as np

from mmkeras.metrics import ids
from mmkeras.metrics.inputs import check_corpus
from mmkeras.metrics.inputs import check_references
from mmkeras.metrics.ngrams import Index
from mmkeras.metrics.ngrams import tally

ORDER = 4
SIGMA = 6.0


def cider(candidates, references):
    """Computes CIDEr-D, averaged over items.

    A sentence is a vector of its n-grams' counts times `log(N / df)`, where
    `df` is the number of the N items with the n-gram in a reference. Candidate
    c and reference r agree by

    `exp(-(|c| - |r|)^2 / (2 sigma^2)) * sum(min(c, r) r) / (||c|| ||r||)`

    with `sigma` = 6, averaged over references and n = 1..4, times 10.

    Equal to pycocoevalcap's `Cider`. Document frequencies come from the
    references, so scores of different corpora are not comparable, and a single
    item always scores 0.

    Args:
        candidates: One token list per item.
        references: A list of token lists per item.

    Returns:
        A float in [0, 10].

    Raises:
        ValueError: If the corpus is not as described, see
            `mmkeras.metrics.inputs.check_corpus`.

    Reference: Vedantam et al., 2015, https://arxiv.org/abs/1411.5726.
    """
    return float(sentence_cider(candidates, references).mean())


def sentence_cider(candidates, references):
    """Computes CIDEr-D of each item, the mean of which is `cider`.

    Args:
        candidates: One token list per item.
        references: A list of token lists per item.

    Returns:
        float64 array of shape `(n,)`.

    Raises:
        ValueError: As of `cider`.
    """
    check_corpus(candidates, references)
    numbers = {}
    sentences = [tokens for item in references for tokens in item]
    consensus = _Consensus(
        *_to_flat(sentences, numbers), [len(item) for item in references]
    )
    items = np.arange(len(candidates))
    return consensus(items, *_to_flat(candidates, numbers))


class Reward:
    """Scores batches of token ids by CIDEr-D against fixed references.

    For self-critical training: document frequencies and reference vectors are
    computed once; scoring a batch takes a few array operations.

    A sequence ends before the first `end` or 0; a `start` in front is skipped.

    Args:
        references: A list of id sequences per item. Sequences may be padded
            with 0. Document frequencies count these items, so pass the whole
            training set, not a batch.
        start: Id that may stand in front of a sequence.
        end: Id that ends a sequence.
        keep_end: bool. Whether the end counts as a word. Without it, a sentence
            truncated after "on a" loses no score, and a model trained on the
            reward learns to truncate.

    Raises:
        ValueError: If there is no item or one without a reference, or if ids
            are not whole numbers of at least 0.

    Example:

    >>> reward = Reward([[[1, 4, 5, 2], [4, 6, 2]], [[7, 5, 2]]])
    >>> reward([1, 0], np.array([[7, 5, 2], [4, 2, 0]]))

    Reference: Rennie et al., 2017, https://arxiv.org/abs/1612.00563.
    """

    def __init__(self, references, *, start=1, end=2, keep_end=False):
        check_references(references)
        self._start = start
        self._end = end
        self._keep_end = keep_end
        sentences = [sentence for item in references for sentence in item]
        self._consensus = _Consensus(
            *self._words(ids.to_matrix(sentences)),
            [len(item) for item in references],
        )

    def __len__(self):
        return self._consensus.items

    def __call__(self, indices, candidates):
        """Scores candidates.

        Args:
            indices: (n,) ints, the item each candidate describes.
            candidates: (n, length) ints, or n id sequences.

        Returns:
            (n,) float32 in [0, 10].

        Raises:
            ValueError: If shapes do not fit or an index has no item.
        """
        indices, candidates = ids.check(indices, candidates, len(self))
        if len(indices) == 0:
            return np.zeros(0, "float32")
        scores = self._consensus(indices, *self._words(candidates))
        return scores.astype("float32")

    def _words(self, matrix):
        return ids.words(matrix, self._start, self._end, self._keep_end)


class _Consensus:
    """Agreement of flat sentences with fixed references.

    Args:
        tokens: (all tokens,) int64 of all references, item after item.
        lengths: (references,) int64.
        counts: (items,) how many references each item has.
    """

    def __init__(self, tokens, lengths, counts):
        counts = np.asarray(counts)
        self.items, self._counts = len(counts), counts
        item, slots = ids.places(counts)
        self._lengths = np.zeros((self.items, counts.max()), "int64")
        self._lengths[item, slots] = lengths
        self._index = Index(tokens, lengths, ORDER)
        self._orders = [
            _Vectors(numbers, item[rows], slots[rows], self._lengths, size)
            for size, (numbers, rows) in zip(
                self._index.sizes, self._index.number(tokens, lengths)
            )
        ]

    def __call__(self, items, tokens, lengths):
        """Scores (n,) items' flat sentences, giving (n,) float64."""
        agreement = sum(
            vectors.agreement(numbers, rows, items)
            for vectors, (numbers, rows) in zip(
                self._orders, self._index.number(tokens, lengths)
            )
        )
        gap = lengths[:, None] - self._lengths[items]
        agreement *= np.exp(-(gap**2) / (2 * SIGMA**2))
        return 10 * agreement.sum(axis=1) / ORDER / self._counts[items]


class _Vectors:
    """The references' weighted n-grams of one length.

    An entry is the code `(item * size + n-gram) * width + slot`, sorted, so
    that one search finds an n-gram in all references (slots) of an item.

    Args:
        numbers: (n-grams,) number of every n-gram in the references.
        item: (n-grams,) item of each.
        slots: (n-grams,) place of its reference within the item.
        shape: An array of shape (items, width), width the largest number of
            references of an item.
        size: How many different n-grams there are.
    """

    def __init__(self, numbers, item, slots, shape, size):
        items, self._width = shape.shape
        self._size = size
        keys = item * size + numbers
        self._entries, counts = np.unique(
            keys * self._width + slots, return_counts=True
        )
        _, grams = np.divmod(np.unique(keys), max(size, 1))
        frequencies = np.bincount(grams, minlength=size)
        # The last weight is for every n-gram that no reference has.
        self._rarity = np.log(items) - np.log(np.append(frequencies, 1))
        keys, slots = np.divmod(self._entries, self._width)
        item, grams = np.divmod(keys, max(size, 1))
        self._weights = counts * self._rarity[grams]
        self._norms = _norms(
            self._weights, item * self._width + slots, shape.size
        ).reshape(shape.shape)

    def agreement(self, numbers, rows, items):
        """Clipped cosine of n sentences with references, (n, width)."""
        rows, grams, counts = tally(numbers, rows, self._size)
        weights = counts * self._rarity[np.minimum(grams, self._size)]
        norms = _norms(weights, rows, len(items))[:, None] * self._norms[items]
        indexed = grams < self._size
        dots = self._dots(
            items[rows[indexed]] * self._size + grams[indexed],
            rows[indexed],
            weights[indexed],
            norms.size,
        ).reshape(norms.shape)
        return np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)

    def _dots(self, keys, rows, weights, size):
        dots = np.zeros(size)
        first = np.searchsorted(self._entries, keys * self._width)
        for step in range(self._width):
            at = first + step
            hit = at < len(self._entries)
            hit[hit] = self._entries[at[hit]] // self._width == keys[hit]
            at = at[hit]
            slots = self._entries[at] % self._width
            other = self._weights[at]
            dots += np.bincount(
                rows[hit] * self._width + slots,
                np.minimum(weights[hit], other) * other,
                minlength=size,
            )
        return dots


def _norms(weights, places, size):
    return np.sqrt(np.bincount(places, weights**2, minlength=size))


def _to_flat(sentences, numbers):
    """Token lists -> flat numbers and lengths; extends `numbers`."""
    flat = [
        numbers.setdefault(token, len(numbers))
        for tokens in sentences
        for token in tokens
    ]
    return np.array(flat, "int64"), np.array(list(map(len, sentences)), "int64")
