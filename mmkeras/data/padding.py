"""Removes the padding of token ids from batches."""

import numpy as np


def shorten(tokens):
    """Cuts texts after the longest, to one of a few lengths.

    Args:
        tokens: Integers `(examples, length)`, the start first, padded with 0.

    Returns:
        The tokens, with a multiple of 4 ids after the start, or all of them.
    """
    longest = np.count_nonzero(tokens, axis=1).max() - 1
    return tokens[:, : -(-longest // 4) * 4 + 1]


def without_padding(tokens, weight):
    """Selects the target tokens of a batch without its padding.

    The output layer is half of a decoder's computation, and a quarter of a
    batch is padding if captions of an image share it. Some padding is kept to
    limit the number of sizes: the number of tokens is a multiple of a
    sixteenth of the batch.

    Args:
        tokens: Integers `(batch, length + 1)`, the start first.
        weight: Floats `(batch,)`.

    Returns:
        Tuple of the input tokens, `(batch, length)`; the positions of the
        targets, `(n,)`, in the flattened batch; the targets, `(n,)`, 0 for
        padding; and their weights.
    """
    targets = tokens[:, 1:].reshape(-1)
    positions = np.flatnonzero(targets)
    part = max(targets.size // 16, 1)
    blank = (0, -len(positions) % part)
    y = np.pad(targets[positions], blank).astype("int32")
    positions = np.pad(positions, blank).astype("int32")
    weight = weight[positions // (tokens.shape[1] - 1)].astype("float32")
    return tokens[:, :-1], positions, y, weight
