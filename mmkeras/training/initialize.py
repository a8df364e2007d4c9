"""Starts a model with the weights of a run, or with word vectors."""

import warnings

from mmkeras import word_vectors

_READ = ("text", "dialogue")


def codecs_of(start, found):
    """Takes the vocabularies of another task, so that its weights fit.

    Args:
        start: A `tasks.Task`.
        found: Dict of codecs that were fitted to the data.

    Returns:
        Dict of codecs: those of `start` for texts and dialogues, and for a
        generated target; those of `found` for all others.
    """
    return {
        field: start.codecs.get(field, codec)
        if getattr(codec, "kind", None) in _READ
        else codec
        for field, codec in found.items()
    }


def copy_weights(start, task, path):
    """Gives a task the weights of another of the same architecture.

    If the two have different labels, the layer that chooses among them keeps
    its own weights.

    Args:
        start: A `tasks.Task`.
        task: A `tasks.Task`, whose weights are set.
        path: Folder of `start`, for the error.

    Raises:
        ValueError: If the weights do not fit.
    """
    old, new = start.model.weights, task.model.weights
    sizes = start.target.codec.size, task.target.codec.size
    same = _names(start) == _names(task)
    pairs = list(zip(old, new))
    for mine, other in pairs:
        if _about(mine) == _about(other):
            continue
        ends = tuple(w.shape[-1] for w in (mine, other))
        if same or len(mine.shape) > 2 or ends != sizes:
            break
    else:
        if len(old) == len(new):
            for mine, other in pairs:
                if mine.shape == other.shape:
                    other.assign(mine)
            return
    part = (
        next(b.path.split("/")[0] for a, b in pairs if _about(a) != _about(b))
        if len(old) == len(new)
        else task.model.name
    )
    raise ValueError(
        f"The {part} in {path} does not match this model's {part} (shapes "
        "differ). Use the same architecture and the same values of model.* "
        "and data.image_size."
    )


def _names(task):
    return getattr(task.target.codec, "names", None)


def _about(weight):
    return weight.path.split("/")[-1], tuple(weight.shape)


def initialize_embeddings(task, path, seed=0):
    """Initializes the word embeddings of a model from a file.

    They are trained like all other weights. Words without a vector get
    random ones, see `word_vectors.embedding_matrix`; if these are more than
    half, a warning is given.

    Args:
        task: A `tasks.Task` that reads or generates text.
        path: File of vectors; see `word_vectors.read`.
        seed: int. Seed of the random vectors.

    Returns:
        A `word_vectors.Coverage` of the codec's vocabulary, each word counted
        once.

    Raises:
        ValueError: If the task has no texts, if its embeddings have
            another size, or as of `word_vectors.read` and
            `word_vectors.embedding_matrix`.
    """
    found = [task.codecs[field] for field in task.fields]
    found += [task.target.codec] if task.target.generates else []
    codec = next((codec for codec in found if codec.kind in _READ), None)
    if codec is None:
        raise ValueError(
            f"{task.model.name} has no texts for word vectors. "
            f"Received: word_vectors={str(path)!r}"
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
            "that size, or, if the size is the builder's `dim`, "
            f"model.dim={vectors.dim}."
        )
    for table in fitting:
        table.assign(matrix)
    found = word_vectors.coverage(vectors, dict.fromkeys(ordinary, 1))
    if found.share_of_words < 0.5:
        missing = ", ".join(word for word, _ in found.missing[:5])
        warnings.warn(
            f"{path} has vectors for {found.words_found:,} of the "
            f"{found.words:,} words in the texts, and none for: {missing}. "
            "See `mmkeras words coverage`.",
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
