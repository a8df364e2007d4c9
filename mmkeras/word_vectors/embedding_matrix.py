"""Vectors for the words of a vocabulary, as a branch that reads takes them."""

import numpy as np


def embedding_matrix(vectors, vocabulary, seed=0):
    """Makes the matrix of a vocabulary's vectors, one row a token id.

    A word is looked up as it is, then in lower case, then capitalised; the
    codec's `"<unknown>"` also as GloVe's `"<unk>"`. What is not found gets
    numbers drawn evenly from [-a, a], with `a = sqrt(3 v)` and `v` the mean
    square of the numbers that are known, so that they are as large. Row 0,
    padding, is zeros.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        vocabulary: A `mmkeras.data.codecs.Text`, or a list of tokens by
            their ids, of which the first is padding.
        seed: int. Draws the vectors of words that are not found, each by its
            id: which others are found changes no more than the scale.

    Returns:
        float32 array of shape `(vocabulary_size, dim)`, for `vectors=` of
        `mmkeras.branches.text`.

    Raises:
        ValueError: If id 0 is a word, or no word has a vector.

    Example:

    >>> codec = Text.from_texts(captions)
    >>> vectors = read("glove.6B.300d.txt", wanted=codec.vocabulary)
    >>> bow(len(codec), vectors=fit(vectors, codec))

    Reference:
        [Kim, 2014](https://arxiv.org/abs/1408.5882), for drawing what is
        missing to the variance of what is known
    """
    tokens = list(getattr(vocabulary, "vocabulary", vocabulary))
    if tokens and tokens[0] and tokens[0] in vectors:
        raise ValueError(
            "Token id 0 is padding and has no vector. Received: a list that "
            f"begins with the word {tokens[0]!r}. Put '' before it."
        )
    found = {
        i: vectors.find(token) for i, token in enumerate(tokens) if i and token
    }
    rows = {i: hit[0] for i, hit in found.items() if hit}
    if not rows:
        raise ValueError(
            f"None of the {max(len(tokens) - 1, 0)} tokens is among the "
            f"{len(vectors)} words with a vector. Received: tokens such as "
            f"{tokens[1:4]}, vectors of {vectors.words[:3]}. Check that both "
            "are of the same language and tokenized the same way."
        )
    ids = np.array(list(rows))
    known = vectors.array[list(rows.values())]
    # A row for every id, lest one word found should change those behind it.
    even = np.random.default_rng(seed).uniform(
        -1, 1, (len(tokens), vectors.dim)
    )
    matrix = even * np.sqrt(3 * np.mean(np.square(known, dtype="float64")))
    matrix[ids] = known
    matrix[0] = 0
    return matrix.astype("float32")
