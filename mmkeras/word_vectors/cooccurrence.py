"""Counts of words that occur near each other."""

import numpy as np

_CHUNK = 250_000  # Tokens; each has up to twice the window of pairs.


def cooccurrence(corpus, window=10, chunk=_CHUNK):
    """Counts pairs of words that occur near each other, by 1 / distance.

        X[i, j] = sum over the places of i and j of 1 / distance

    within a sentence, up to `window` words to the left and right.

    Args:
        corpus: A `mmkeras.word_vectors.Corpus`.
        window: int. The greatest distance, in words.
        chunk: int. Tokens to count at a time.

    Returns:
        Tuple of arrays of shape `(n,)`: rows, columns (int32), and counts
        greater than 0 (float64); by row, then by column. They are symmetric.

    Reference:
        [Pennington et al., 2014](https://aclanthology.org/D14-1162),
        section 4.2
    """
    size = np.int64(len(corpus.words))
    keys, sums = np.zeros(0, "int64"), np.zeros(0)
    for start in range(0, len(corpus.tokens), chunk):
        # The tokens after the chunk are neighbours of its last words.
        tokens = corpus.tokens[start : start + chunk + window].astype("int64")
        sentence = corpus.sentence[start : start + chunk + window]
        count = min(chunk, len(tokens))
        parts, weights = [keys], [sums]
        for distance in range(1, window + 1):
            last = min(count, len(tokens) - distance)
            if last <= 0:
                break
            shifted = slice(distance, distance + last)
            same = sentence[:last] == sentence[shifted]
            left, right = tokens[:last][same], tokens[shifted][same]
            parts += [left * size + right, right * size + left]
            weights.append(np.full(2 * len(left), 1 / distance))
        keys, place = np.unique(np.concatenate(parts), return_inverse=True)
        sums = np.bincount(place, np.concatenate(weights), len(keys))
    rows, columns = np.divmod(keys, size)
    return rows.astype("int32"), columns.astype("int32"), sums
