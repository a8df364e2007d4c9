"""Word vectors learned elsewhere, for a judge to begin with."""

import warnings

from mmkeras import words
from mmkeras.data import codecs

_READ = (codecs.Words, codecs.Turns)


def begin(task, path, seed=0):
    """Puts vectors of a file in the place of a judge's random ones.

    They are trained on with the rest; words that are not found get random
    ones, see `words.fit`. Warns if they are more than half.

    Args:
        task: A `tasks.Classify` with a codec of words.
        path: File of vectors; see `words.read`.
        seed: int. Draws the vectors of words that are not found.

    Returns:
        A `words.Coverage` of the codec's vocabulary, each word counted once.

    Raises:
        ValueError: If the task reads no words, if its word vectors are of
            another size, or as of `words.read` and `words.fit`.
    """
    codec = next(
        (c for c in task.codecs.values() if isinstance(c, _READ)), None
    )
    if codec is None:
        raise ValueError(
            f"{task.model.name} reads no words that could have vectors. "
            f"Received: vectors={str(path)!r}"
        )
    ordinary = codec.get_config()["vocabulary"]
    vectors = words.read(path, wanted=codec.vocabulary)
    matrix = words.fit(vectors, codec, seed)
    tables = _tables(task.model, len(codec))
    fitting = [table for table in tables if table.shape == matrix.shape]
    if not fitting:
        sizes = sorted({table.shape[1] for table in tables})
        raise ValueError(
            f"The word vectors of {task.model.name} are of size "
            f"{', '.join(map(str, sizes)) or 'none'}, those of {path} of "
            f"{vectors.dim}. Give a file of that size, or, where it is the "
            f"builder's `dim`, --set dim={vectors.dim}."
        )
    for table in fitting:
        table.assign(matrix)
    found = words.cover(vectors, dict.fromkeys(ordinary, 1))
    if found.share_of_words < 0.5:
        missing = ", ".join(word for word, _ in found.missing[:5])
        warnings.warn(
            f"{path} has vectors of {found.words_found:,} of the "
            f"{found.words:,} words that the texts hold, and none of: "
            f"{missing}. See `mmkeras words cover`.",
            stacklevel=2,
        )
    return found


def _tables(model, size):
    """The weights with a row a token id; rows of places are no such."""
    return [
        weight
        for weight in model.trainable_weights
        if weight.path.endswith("embeddings")
        and "position" not in weight.path
        and weight.shape[0] == size
    ]
