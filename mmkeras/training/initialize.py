"""Initializes a model with the weights of a run, or with word vectors."""

import warnings

from mmkeras import word_vectors

_TEXT_KINDS = ("text", "dialogue")
_FITTED_KINDS = (*_TEXT_KINDS, "tabular")  # Their size follows from data.


def with_vocabulary_of(initial, fitted):
    """Replaces text codecs by those of another task, so that weights fit.

    Args:
        initial: A `tasks.Task`.
        fitted: Dict of codecs that were fitted to the data.

    Returns:
        Dict of codecs: those of `initial` for texts, dialogues, columns of
        tables and generated targets; those of `fitted` for all others.

    Raises:
        ValueError: If the two have other columns of a table.
    """
    for field, codec in fitted.items():
        if getattr(codec, "kind", None) == "tabular":
            _check_columns(initial.codecs.get(field, codec), codec, field)
    return {
        field: initial.codecs.get(field, codec)
        if getattr(codec, "kind", None) in _FITTED_KINDS
        else codec
        for field, codec in fitted.items()
    }


def _check_columns(initial, fitted, field):
    expected, received = initial.columns(field), fitted.columns(field)
    if {*expected} != {*received}:
        raise ValueError(
            f"The initial run takes the columns {', '.join(expected)}. "
            f"Received: {', '.join(received)}. Name the same ones with "
            "data.columns.numbers and data.columns.categories."
        )


def copy_weights(initial, task, path):
    """Copies weights from a task of the same architecture.

    If the two have different labels, the output layer keeps its own weights.

    Args:
        initial: The `tasks.Task` to copy from.
        task: The `tasks.Task` to copy to.
        path: Folder of `initial`, for the error.

    Raises:
        ValueError: If the weights do not fit.
    """
    part = _mismatch(initial, task)
    if part:
        raise ValueError(
            f"The {part} in {path} does not match this model's {part} (shapes "
            "differ). Use the same architecture and the same values of "
            "model.* and data.image_size, or take single branches of it, e.g. "
            "train.init_branches=image."
        )
    for source, target in zip(initial.model.weights, task.model.weights):
        if source.shape == target.shape:
            target.assign(source)


def _mismatch(initial, task):
    """Name of the first part whose weights do not fit, or `None`."""
    weights = initial.model.weights, task.model.weights
    if len(weights[0]) != len(weights[1]):
        return task.model.name
    sizes = initial.target.codec.size, task.target.codec.size
    same_names = _names(initial) == _names(task)
    for source, target in zip(*weights):
        if _signature(source) == _signature(target):
            continue
        ends = source.shape[-1], target.shape[-1]
        if same_names or len(source.shape) > 2 or ends != sizes:
            return target.path.split("/")[0]
    return None


def _names(task):
    return getattr(task.target.codec, "names", None)


def _signature(weight):
    return weight.path.split("/")[-1], tuple(weight.shape)


def initialize_embeddings(task, path, seed=0):
    """Initializes the word embeddings of a model from a file.

    They are trained like all other weights. Words without a vector get
    random ones, see `word_vectors.embedding_matrix`; if these are more than
    half, a warning is given.

    Args:
        task: A `tasks.Task` with text inputs or generated text.
        path: File of vectors; see `word_vectors.read`.
        seed: int. Seed of the random vectors.

    Returns:
        A `word_vectors.Coverage` of the codec's vocabulary, each word counted
        once.

    Raises:
        ValueError: If the task has no texts, its embeddings have another
            size, or as of `word_vectors.read` and
            `word_vectors.embedding_matrix`.
    """
    candidates = [task.codecs[field] for field in task.fields]
    candidates += [task.target.codec] if task.target.generates else []
    codec = next(
        (codec for codec in candidates if codec.kind in _TEXT_KINDS), None
    )
    if codec is None:
        raise ValueError(
            f"{task.model.name} has no texts for word vectors. "
            f"Received: word_vectors={str(path)!r}"
        )
    words = codec.get_config()["vocabulary"]
    vectors = word_vectors.read(path, wanted=codec.vocabulary)
    matrix = word_vectors.embedding_matrix(vectors, codec, seed)
    tables = _tables(task.model, len(codec))
    matching = [table for table in tables if table.shape == matrix.shape]
    if not matching:
        sizes = sorted({table.shape[1] for table in tables})
        raise ValueError(
            f"The word embeddings of {task.model.name} have the size "
            f"{', '.join(map(str, sizes)) or 'none'}, but the vectors in "
            f"{path} have the size {vectors.dim}. Use a file with vectors of "
            "that size, or, if the size is the builder's `dim`, "
            f"model.dim={vectors.dim}."
        )
    for table in matching:
        table.assign(matrix)
    coverage = word_vectors.coverage(vectors, dict.fromkeys(words, 1))
    if coverage.share_of_words < 0.5:
        missing = ", ".join(word for word, _ in coverage.missing[:5])
        warnings.warn(
            f"{path} has vectors for {coverage.words_found:,} of the "
            f"{coverage.words:,} words in the texts, and none for: {missing}. "
            "See `mmkeras words coverage`.",
            stacklevel=2,
        )
    return coverage


def _tables(model, size):
    """Returns the weights with one row per token id."""
    return [
        weight
        for weight in model.trainable_weights
        if weight.path.endswith("embeddings")
        and "position" not in weight.path
        and weight.shape[0] == size
    ]
