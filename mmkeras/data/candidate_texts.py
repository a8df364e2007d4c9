"""Candidate texts of each example, several of them in one tensor."""

import tensorflow as tf

from mmkeras.data import encoding


def padded(values, field):
    """Pads lists of candidates to one length, at least 1.

    Args:
        values: List of a list of texts per example, or of a single text.
        field: Name of the field, for the error.

    Returns:
        List of lists, with `None` after the last candidate.

    Raises:
        ValueError: If the candidates of an example are neither.
    """
    rows = [[v] if isinstance(v, (str, bytes)) else v or [] for v in values]
    for index, row in enumerate(rows):
        if not isinstance(row, (list, tuple)):
            raise ValueError(
                f"{field!r} expects a list of texts per example, its "
                f"candidates. Received: a value of type {type(row).__name__} "
                f"for example {index}"
            )
    length = max([1, *map(len, rows)])
    return [[*row, *[None] * (length - len(row))] for row in rows]


def pack(codec, values, field):
    """Packs the candidates of each example.

    Args:
        codec: Codec of one text.
        values: As of `padded`.
        field: As of `padded`.

    Returns:
        String tensor of shape `(n, candidates)`, empty where there is none.
    """
    rows = padded(values, field)
    packed = codec.pack([text for row in rows for text in row])
    return tf.reshape(packed, [len(rows), -1])


def encode(codec, packed, field):
    """Encodes the candidates of each example, with TensorFlow operations.

    Args:
        codec: Codec of one text.
        packed: As of `pack`.
        field: Name of the field, for errors.

    Returns:
        Tuple of encoded texts, `(n * candidates, ...)`; booleans `(n,
        candidates)`, whether each is present; and errors, strings `(n,)`: the
        first text that could not be read, or that there is none.
    """
    x, present, reasons = codec.encode(tf.reshape(packed, [-1]))
    present, reasons = (
        tf.reshape(values, tf.shape(packed)) for values in (present, reasons)
    )
    place = tf.argmax(tf.cast(reasons != "", "int32"), axis=1)
    first = tf.gather(reasons, place, batch_dims=1)
    none = tf.where(tf.reduce_any(present, axis=1), "", "missing")
    error = encoding.first_error(first, none)
    return x, present, tf.where(error == "", "", f"{field}: " + error)


def by_example(vectors, present):
    """Groups what is computed of each candidate by the example.

    Args:
        vectors: Floats of shape `(n * candidates, ...)`.
        present: As of `encode`.

    Returns:
        Floats of shape `(n, candidates, ...)`.
    """
    shape = [*tf.unstack(tf.shape(present)), *tf.unstack(tf.shape(vectors)[1:])]
    return tf.reshape(vectors, shape)


def scores(similarities, present, scale):
    """Makes answers of the similarities of candidates.

    Args:
        similarities: Floats of shape `(n, candidates)`.
        present: As of `encode`.
        scale: float. Factor of similarities in the softmax.

    Returns:
        Dict of `"similarity"`, and of `"probability"`, the softmax of an
        example's; 0 where there is none.
    """
    shares = tf.nn.softmax(tf.where(present, scale * similarities, -1e30))
    return {
        "similarity": tf.where(present, similarities, 0.0),
        "probability": tf.where(present, shares, 0.0),
    }
