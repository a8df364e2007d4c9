"""Matrix of the vectors of a vocabulary, for a text branch."""

import numpy as np


def embedding_matrix(vectors, vocabulary, seed=0):
    """Makes the matrix of a vocabulary's vectors, one row per token id.

    A word is looked up as it is, then in lower case, then capitalised; the
    codec's `"<unknown>"` also as GloVe's `"<unk>"`. Vectors of words that are
    not found are drawn uniformly from [-a, a], with `a = sqrt(3 v)` and `v` the
    mean square of the numbers of all words found, so that their variances are
    equal. Row 0, padding, is zeros.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        vocabulary: A `mmkeras.data.codecs.Text`, or a list of tokens by
            their ids, of which the first is padding.
        seed: int. Seed for the vectors of out-of-vocabulary words. Each
            depends only on its token id, up to a common scale.

    Returns:
        float32 array of shape `(vocabulary_size, dim)`, for `vectors=` of
        `mmkeras.branches.text`.

    Raises:
        ValueError: If id 0 is a word, or no word has a vector.

    Example:

    >>> codec = Text.from_texts(captions)
    >>> vectors = read("glove.6B.300d.txt", wanted=codec.vocabulary)
    >>> bow(len(codec), vectors=embedding_matrix(vectors, codec))

    Reference:
        [Kim, 2014](https://arxiv.org/abs/1408.5882), for the variance of
        the random vectors
    """
    tokens = list(getattr(vocabulary, "vocabulary", vocabulary))
    if tokens and tokens[0] and tokens[0] in vectors:
        raise ValueError(
            "Token id 0 is padding and has no vector. Received: a list that "
            f"begins with the word {tokens[0]!r}. Put '' before it."
        )
    matches = {
        i: vectors.find(token) for i, token in enumerate(tokens) if i and token
    }
    rows = {i: match[0] for i, match in matches.items() if match}
    if not rows:
        raise ValueError(
            f"None of the {max(len(tokens) - 1, 0)} tokens is among the "
            f"{len(vectors)} words with a vector. Received: tokens such as "
            f"{tokens[1:4]}, vectors of {vectors.words[:3]}. Check that both "
            "are of the same language and tokenized the same way."
        )
    ids = np.array(list(rows))
    pretrained = vectors.array[list(rows.values())]
    # A row for every id, so that a word found does not change the others.
    uniform = np.random.default_rng(seed).uniform(
        -1, 1, (len(tokens), vectors.dim)
    )
    variance = np.mean(np.square(pretrained, dtype="float64"))
    matrix = uniform * np.sqrt(3 * variance)
    matrix[ids] = pretrained
    matrix[0] = 0
    return matrix.astype("float32")
