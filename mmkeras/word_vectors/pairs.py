"""Pairs of words and their neighbours, to learn skip-gram from."""

import numpy as np


def keep_probability(counts, sample=1e-3):
    """The probability that an occurrence of a word is kept.

        P(keep w) = min(1, sqrt(t / f(w)))

    with `f` the word's share of all tokens: the commonest words say little of
    their neighbours.

    Departure from the authors' program: it keeps `sqrt(t / f) + t / f`, the
    paper has what is here.

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
    """The probability that a word is drawn as a neighbour that is none.

        P(w) = count(w) ** power / sum_v count(v) ** power

    Args:
        counts: Array of shape `(words,)`.
        power: float. 1 draws as often as words occur, 0 all alike.

    Returns:
        Array of shape `(words,)` whose sum is 1.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546), section 2.2
    """
    raised = np.asarray(counts, "float64") ** power
    return raised / raised.sum()


class Pairs:
    """The pairs of one epoch: found when asked for, never all in memory.

    Tokens are thinned out by `keep_probability`; those left move together.
    Each draws how far it sees, from 1 to `window`, and makes a pair with
    every word of its sentence on either side that it sees.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. The farthest that a word sees.
        sample: float. See `keep_probability`.
        rng: A `numpy.random.Generator`.
    """

    def __init__(self, corpus, window, sample, rng):
        keep = keep_probability(corpus.counts, sample)[corpus.tokens]
        kept = rng.random(len(keep), "float32") < keep
        self.tokens = corpus.tokens[kept]
        before, behind = _neighbours(corpus.sentence[kept])
        sees = rng.integers(1, window, len(self.tokens), "int32", True)
        self.before = np.minimum(before, sees)
        pairs = self.before + np.minimum(behind, sees)
        self.ends = np.cumsum(pairs, dtype="int64")

    def __len__(self):
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, numbers):
        """Finds pairs.

        Args:
            numbers: Array of shape `(batch,)`, in `[0, len(self))`: the pairs
                of the first token from left to right, then of the second.

        Returns:
            Tuple of the words and of their neighbours, shape `(batch,)` both.
        """
        place = np.searchsorted(self.ends, numbers, "right")
        first = np.where(place > 0, self.ends[place - 1], 0)
        step = numbers - first - self.before[place]
        step += step >= 0  # It makes no pair with itself.
        return self.tokens[place], self.tokens[place + step]


def noise(chances, pairs, count, rng):
    """Draws words that are not the neighbours, however near they may be.

    Departure from the paper, which does not say what becomes of a draw that
    is the neighbour itself: it is drawn again.

    Args:
        chances: Running sum of `noise_probability`, of two words or more.
        pairs: Array of shape `(batch,)`, the neighbours.
        count: int. Words to draw for each.
        rng: A `numpy.random.Generator`.

    Returns:
        int32 array of shape `(batch, count)`.
    """
    drawn = _draw(chances, (len(pairs), count), rng)
    same = drawn == pairs[:, None]
    while same.any():
        drawn[same] = _draw(chances, same.sum(), rng)
        same = drawn == pairs[:, None]
    return drawn


def _draw(chances, shape, rng):
    found = np.searchsorted(chances, rng.random(shape), "right")
    return np.minimum(found, len(chances) - 1).astype("int32")


def _neighbours(sentence):
    """How many tokens of its sentence are before, and behind, each token."""
    if not len(sentence):
        return np.zeros(0, "int32"), np.zeros(0, "int32")
    starts = np.flatnonzero(np.diff(sentence, prepend=sentence[0] - 1))
    lengths = np.diff(starts, append=len(sentence))
    before = np.arange(len(sentence)) - np.repeat(starts, lengths)
    behind = np.repeat(lengths, lengths) - before - 1
    return before.astype("int32"), behind.astype("int32")
