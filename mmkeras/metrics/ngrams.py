"""N-grams of one sentence in Python, and of many sentences in NumPy."""

import numpy as np

# Codes are `number of the shorter n-gram * SPAN + last token`: exact in int64
# while token ids and the count of different n-grams stay below 2**31.
SPAN = 2**31


def ngrams(tokens, n):
    """Iterates over the n-grams of a token list, as tuples."""
    return zip(*(tokens[start:] for start in range(n)))


def tally(numbers, rows, size):
    """Counts how often each sentence has each of its n-grams.

    Args:
        numbers: (n-grams,) numbers of one length, as of `Index.number`.
        rows: (n-grams,) the sentences that contain them.
        size: int. Number of different n-grams of the index.

    Returns:
        Tuple of sentences, n-grams' numbers and counts, one entry for each
        different n-gram of a sentence, in order.
    """
    span = max(size, numbers.max(initial=0) + 1)
    pairs, counts = np.unique(rows * span + numbers, return_counts=True)
    return (*np.divmod(pairs, span), counts)


class Index:
    """Numbers the different n-grams of a fixed set of sentences.

    An n-gram's number tells whether two n-grams of one length are the same.
    It is computed by extending the n-gram one token shorter, so that any
    size of vocabulary fits in 64 bits without hashing.

    Sentences are given flat: all tokens in one array, and one length per
    sentence.

    Args:
        tokens: (all tokens,) int64, at least 0 and below 2**31.
        lengths: (sentences,) int64.
        order: Longest n-gram.
    """

    def __init__(self, tokens, lengths, order=4):
        self._tables = [np.zeros(0, "int64")] * order
        self._tables = [new for *_, new in self._walk(tokens, lengths)]

    @property
    def sizes(self):
        """Numbers of different n-grams of each length, from 1."""
        return [len(table) for table in self._tables]

    def number(self, tokens, lengths):
        """Numbers every n-gram of other sentences.

        Args:
            tokens: (all tokens,) int64.
            lengths: (sentences,) int64.

        Returns:
            A list with a pair of int64 arrays for every n: the n-grams'
            numbers and the sentences that contain them. N-grams outside the
            index get numbers from `sizes[n - 1]` upwards.
        """
        walk = self._walk(tokens, lengths)
        return [(numbers, rows) for numbers, rows, _ in walk]

    def _walk(self, tokens, lengths):
        rows = np.repeat(np.arange(len(lengths)), lengths)
        left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(tokens))
        starts, codes = np.arange(len(tokens)), tokens
        for n, table in enumerate(self._tables, start=1):
            numbers, new = _rank(codes, table)
            yield numbers, rows[starts], new
            longer = left[starts] > n
            starts = starts[longer]
            codes = numbers[longer] * SPAN + tokens[starts + n]


def _rank(codes, table):
    """Places codes in a sorted table; unknown ones come after its end."""
    places = np.searchsorted(table, codes)
    present = places < len(table)
    present[present] = table[places[present]] == codes[present]
    new, ranks = np.unique(codes[~present], return_inverse=True)
    places[~present] = len(table) + ranks
    return places, new
