"""Initializes embeddings with pretrained word vectors."""

import warnings

from mmkeras import word_vectors

_READ = ("text", "dialogue")


def initialize_embeddings(task, path, seed=0):
    """Initializes the word embeddings of a classifier from a file.

    They are trained like all other weights. Words without a vector get
    random ones, see `word_vectors.embedding_matrix`; if these are more than
    half, a warning is given.

    Args:
        task: A `tasks.Classify` with a text input.
        path: File of vectors; see `word_vectors.read`.
        seed: int. Seed of the random vectors.

    Returns:
        A `word_vectors.Coverage` of the codec's vocabulary, each word counted
        once.

    Raises:
        ValueError: If the task has no text input, if its embeddings have
            another size, or as of `word_vectors.read` and
            `word_vectors.embedding_matrix`.
    """
    inputs = (task.codecs[field] for field in task.fields)
    codec = next((codec for codec in inputs if codec.kind in _READ), None)
    if codec is None:
        raise ValueError(
            f"{task.model.name} has no text input for word vectors. "
            f"Received: vectors={str(path)!r}"
        )
    ordinary = codec.get_config()["vocabulary"]
    vectors = word_vectors.read(path, wanted=codec.vocabulary)
    matrix = word_vectors.embedding_matrix(vectors, codec, seed)
    tables = _tables(task.model, len(codec))
    fitting = [table for table in tables if table.shape == matrix.shape]
    if not fitting:
        sizes = sorted({table.shape[1] for table in tables})
        raise ValueError(
            f"The word embeddings of {task.model.name} have the size "
            f"{', '.join(map(str, sizes)) or 'none'}, but the vectors in "
            f"{path} have the size {vectors.dim}. Use a file with vectors of "
            "that size, or, if the size is the builder's `dim`, --set "
            f"dim={vectors.dim}."
        )
    for table in fitting:
        table.assign(matrix)
    found = word_vectors.coverage(vectors, dict.fromkeys(ordinary, 1))
    if found.share_of_words < 0.5:
        missing = ", ".join(word for word, _ in found.missing[:5])
        warnings.warn(
            f"{path} has vectors for {found.words_found:,} of the "
            f"{found.words:,} words in the texts, and none for: {missing}. "
            "See `mmkeras words cover`.",
            stacklevel=2,
        )
    return found


def _tables(model, size):
    """Returns the weights with one row per token id."""
    return [
        weight
        for weight in model.trainable_weights
        if weight.path.endswith("embeddings")
        and "position" not in weight.path
        and weight.shape[0] == size
    ]
