"""Nearest neighbours of words, and analogies."""

import numpy as np

_METHODS = ("add", "multiply")
_TINY = 0.001  # Levy and Goldberg's guard against 0 / 0.


def neighbours(vectors, word, count=10):
    """Finds the words with the highest cosine similarity to a word.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        word: str, or an array of shape `(dim,)`.
        count: int. Number of words to return.

    Returns:
        List of tuples of a word and its cosine similarity, in [-1, 1], the
        nearest first, without the word itself.

    Raises:
        ValueError: If the word has no vector, or the array has another size.
    """
    if isinstance(word, str):
        row = vectors.row(word)
        return _best(vectors, vectors.unit @ vectors.unit[row], [row], count)
    vector = np.asarray(word, "float32")
    if vector.shape != (vectors.dim,):
        raise ValueError(
            f"Expected a vector of shape ({vectors.dim},). Received: shape "
            f"{vector.shape}"
        )
    norm = np.linalg.norm(vector)
    return _best(vectors, vectors.unit @ (vector / (norm or 1)), [], count)


def analogy(vectors, a, b, c, count=10, method="add"):
    """Finds the words that are to c what b is to a.

    With `"add"` (3CosAdd), the words x with the greatest

        cos(x, b) - cos(x, a) + cos(x, c)

    with `"multiply"` (3CosMul), and cosines moved to [0, 1],

        cos(x, b) cos(x, c) / (cos(x, a) + 0.001)

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        a: str, e.g. "man".
        b: str, e.g. "king".
        c: str, e.g. "woman".
        count: int. Number of words to return.
        method: `"add"` or `"multiply"`.

    Returns:
        List of tuples of a word and the value of the formula, the greatest
        first, without the three words themselves.

    Raises:
        ValueError: If a word has no vector, or the method is unknown.

    Reference:
        [Levy and Goldberg, 2014](https://aclanthology.org/W14-1618)
    """
    rows = [vectors.row(word) for word in (a, b, c)]
    (scores,) = analogy_values(vectors, np.array([rows]), method)
    return _best(vectors, scores, rows, count)


def analogy_values(vectors, rows, method="add"):
    """Computes the formula of `analogy` for every word.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        rows: Integers of shape `(n, 3)`, the rows of a, b and c.
        method: `"add"` or `"multiply"`.

    Returns:
        float32 array of shape `(n, words)`.

    Raises:
        ValueError: If the method is unknown.
    """
    if method not in _METHODS:
        raise ValueError(
            f"`method` must be one of {', '.join(map(repr, _METHODS))}. "
            f"Received: method={method!r}"
        )
    unit = vectors.unit
    a, b, c = (unit[rows[:, i]] for i in range(3))  # (n, dim)
    if method == "add":
        return (b - a + c) @ unit.T
    a, b, c = ((1 + x @ unit.T) / 2 for x in (a, b, c))  # (n, words)
    return b * c / (a + _TINY)


def _best(vectors, scores, exclude, count):
    """Returns the words with the greatest scores, except excluded rows."""
    scores = scores.copy()
    scores[exclude] = -np.inf
    count = max(min(count, len(scores) - len(set(exclude))), 0)
    if not count:
        return []
    top = np.argpartition(-scores, count - 1)[:count]
    top = top[np.lexsort((top, -scores[top]))]
    return [(vectors.words[i], float(scores[i])) for i in top]
