"""Pairs of words and neighbours, to train skip-gram on."""

import numpy as np


def keep_probability(counts, sample=1e-3):
    """Computes the probability to keep an occurrence of a word.

        P(keep w) = min(1, sqrt(t / f(w)))

    with `f` the word's share of all tokens: the commonest words carry little
    information about their neighbours.

    Departure from the authors' program: it uses `sqrt(t / f) + t / f`; this is
    the formula of the paper.

    Args:
        counts: Array of shape `(words,)`.
        sample: float, `t` above; 0 keeps all.

    Returns:
        Array of shape `(words,)`, in [0, 1].

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546), equation 5
    """
    if not sample:
        return np.ones(len(counts))
    share = np.asarray(counts, "float64") / np.sum(counts)
    return np.minimum(1, np.sqrt(sample / share))


def noise_probability(counts, power=0.75):
    """Computes the probability to sample a word as a negative.

        P(w) = count(w) ** power / sum_v count(v) ** power

    Args:
        counts: Array of shape `(words,)`.
        power: float. 1 samples words as often as they occur, 0 uniformly.

    Returns:
        Array of shape `(words,)` whose sum is 1.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546), section 2.2
    """
    weights = np.asarray(counts, "float64") ** power
    return weights / weights.sum()


class Pairs:
    """The pairs of one epoch, computed on demand and never all in memory.

    Tokens are subsampled by `keep_probability`; the others become adjacent.
    Each token samples its own window, from 1 to `window`, and makes a pair
    with every word of its sentence in this window on either side.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. Largest window, in words on either side.
        sample: float. See `keep_probability`.
        rng: A `numpy.random.Generator`.
    """

    def __init__(self, corpus, window, sample, rng):
        keep = keep_probability(corpus.counts, sample)[corpus.tokens]
        mask = rng.random(len(keep), "float32") < keep
        self.tokens = corpus.tokens[mask]
        before, after = _neighbours(corpus.sentence[mask])
        windows = rng.integers(1, window, len(self.tokens), "int32", True)
        self.before = np.minimum(before, windows)
        pairs = self.before + np.minimum(after, windows)
        self.ends = np.cumsum(pairs, dtype="int64")

    def __len__(self):
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, numbers):
        """Returns pairs by their numbers.

        Args:
            numbers: Array of shape `(batch,)`, in `[0, len(self))`: the pairs
                of the first token from left to right, then of the second.

        Returns:
            Tuple of words and neighbours, both of shape `(batch,)`.
        """
        place = np.searchsorted(self.ends, numbers, "right")
        first = np.where(place > 0, self.ends[place - 1], 0)
        step = numbers - first - self.before[place]
        step += step >= 0  # Skip the token itself.
        return self.tokens[place], self.tokens[place + step]


def noise(cumulative, neighbours, count, rng):
    """Samples words other than the neighbours as negatives.

    Departure from the paper, which does not specify what happens if the
    neighbour itself is sampled: another word is sampled instead.

    Args:
        cumulative: Array of shape `(words,)`, cumulative sum of
            `noise_probability`, of at least two words.
        neighbours: Array of shape `(batch,)`.
        count: int. Negatives per neighbour.
        rng: A `numpy.random.Generator`.

    Returns:
        int32 array of shape `(batch, count)`.
    """
    negatives = _sample(cumulative, (len(neighbours), count), rng)
    same = negatives == neighbours[:, None]
    while same.any():
        negatives[same] = _sample(cumulative, same.sum(), rng)
        same = negatives == neighbours[:, None]
    return negatives


def _sample(cumulative, shape, rng):
    words = np.searchsorted(cumulative, rng.random(shape), "right")
    return np.minimum(words, len(cumulative) - 1).astype("int32")


def _neighbours(sentence):
    """Counts the tokens of its sentence before and after each token."""
    if not len(sentence):
        return np.zeros(0, "int32"), np.zeros(0, "int32")
    starts = np.flatnonzero(np.diff(sentence, prepend=sentence[0] - 1))
    lengths = np.diff(starts, append=len(sentence))
    before = np.arange(len(sentence)) - np.repeat(starts, lengths)
    after = np.repeat(lengths, lengths) - before - 1
    return before.astype("int32"), after.astype("int32")
