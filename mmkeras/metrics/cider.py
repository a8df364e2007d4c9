"""CIDEr-D: n-grams weighed by how much they say."""

import collections
import math

import numpy as np

from mmkeras.metrics.check import check
from mmkeras.metrics.check import ngrams

ORDER = 4
SIGMA = 6.0  # Of the penalty on a difference in length, in tokens.


def cider(candidates, references):
    """CIDEr-D of a corpus, as the evaluation of COCO captions computes it.

        10 / 4 sum_n mean_j exp(-(l_c - l_j)^2 / 2 sigma^2)
            min(g_n(c), g_n(r_j)) . g_n(r_j) / (|g_n(c)| |g_n(r_j)|)

    with tf-idf vectors `g_n` of n-grams, n = 1 to 4, and document
    frequencies from the references of this corpus.

    Args:
        candidates: List of lists of tokens.
        references: For each candidate, a list of lists of tokens.

    Returns:
        float, at least 0; about 1 for good systems, 10 at most.

    Raises:
        ValueError: If a candidate has no references or is not a list.

    Reference:
        [Vedantam et al., 2015](https://arxiv.org/abs/1411.5726)
    """
    check(candidates, references)
    reward = Reward(references)
    return float(np.mean(reward(range(len(candidates)), candidates)))


class Reward:
    """CIDEr-D against references that stay the same, for many candidates.

    Args:
        references: For each picture, a list of lists of tokens (strings or
            ids).
    """

    def __init__(self, references):
        counts = [[_count(tokens) for tokens in r] for r in references]
        self._pictures = collections.Counter(
            gram for several in counts for gram in set().union(*several)
        )
        self._log = math.log(len(references))
        self._references = [[self._vector(c) for c in r] for r in counts]

    def __call__(self, pictures, candidates):
        """Scores candidates.

        Args:
            pictures: For each candidate, the row of its references.
            candidates: List of lists of tokens.

        Returns:
            float32 array of one score a candidate.
        """
        scores = [
            self._score(self._vector(_count(tokens)), self._references[row])
            for row, tokens in zip(pictures, candidates)
        ]
        return np.array(scores, "float32")

    def _vector(self, counts):
        weights = [{} for _ in range(ORDER)]
        squares = [0.0] * ORDER
        length = 0
        for gram, count in counts.items():
            n = len(gram) - 1
            seen = max(1, self._pictures.get(gram, 0))
            weight = count * (self._log - math.log(seen))
            weights[n][gram] = weight
            squares[n] += weight * weight
            # The reference implementation measures length in bigrams.
            length += count if n == 1 else 0
        return weights, [math.sqrt(s) for s in squares], length

    @staticmethod
    def _score(candidate, references):
        weights, norms, length = candidate
        score = 0.0
        for others, other_norms, other_length in references:
            near = math.exp(-((length - other_length) ** 2) / (2 * SIGMA**2))
            for n in range(ORDER):
                if norms[n] and other_norms[n]:
                    found = others[n]
                    shared = sum(
                        min(weight, found[gram]) * found[gram]
                        for gram, weight in weights[n].items()
                        if gram in found
                    )
                    score += near * shared / (norms[n] * other_norms[n])
        return 10.0 * score / ORDER / len(references)


def _count(tokens):
    return collections.Counter(
        gram for n in range(1, ORDER + 1) for gram in ngrams(tokens, n)
    )
