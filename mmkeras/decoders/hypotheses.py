"""Which hypothesis each position of a sentence was computed for.

The keys and values of Transformer decoders stay where they were computed; only
a small table of their origins is reordered, `(batch * hypotheses, length)`.
"""

from keras import ops


def no_origins(batch, length):
    """Makes the table before the first position, of one hypothesis each."""
    return ops.zeros((batch, length), "int32")


def with_position(origins, batch, index):
    """Adds a position, whose keys and values each hypothesis computes itself.

    Args:
        origins: Integers of shape `(batch * hypotheses, length)`.
        batch: int or scalar tensor. Number of examples.
        index: int tensor, the position.

    Returns:
        The new table, and booleans of shape `(batch, 1, hypotheses,
        hypotheses * length)`: the positions up to this one that each
        hypothesis consists of, among those of all hypotheses of its example.
    """
    rows, length = ops.shape(origins)
    count = rows // batch
    positions = ops.arange(length, dtype="int32")
    own = ops.arange(rows, dtype="int32") % count
    origins = ops.where(positions == index, own[:, None], origins)
    table = ops.reshape(origins, (batch, count, 1, length))
    every = ops.arange(count, dtype="int32")[:, None]
    visible = ops.logical_and(table == every, positions <= index)
    return origins, ops.reshape(visible, (batch, 1, count, count * length))
