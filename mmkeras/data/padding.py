"""Leaves the padding of token ids out of batches."""

import numpy as np


def shortened(tokens):
    """Cuts texts after the longest, such that few lengths occur.

    Args:
        tokens: Integers `(examples, length)`, the start first, padded with 0.

    Returns:
        The same, with a multiple of 4 ids after the start, if there were so
        many.
    """
    longest = np.count_nonzero(tokens, axis=1).max() - 1
    return tokens[:, : -(-longest // 4) * 4 + 1]


def without_padding(tokens, weight):
    """Chooses the tokens of a batch that are predicted: not its padding.

    To choose among all words is half of what a decoder computes, and a
    quarter of a batch is padding where captions of an image share it. Some
    padding is left, such that few sizes occur: the number of tokens is a
    multiple of a sixteenth of the batch.

    Args:
        tokens: Integers `(batch, length + 1)`, the start first.
        weight: Floats `(batch,)`.

    Returns:
        Tuple of the tokens that the model reads, `(batch, length)`; the
        positions of what it predicts, `(n,)`, in the flattened batch; the
        targets at these, `(n,)`, 0 where padding is left; and their weights.
    """
    targets = tokens[:, 1:].reshape(-1)
    positions = np.flatnonzero(targets)
    part = max(targets.size // 16, 1)
    blank = (0, -len(positions) % part)
    y = np.pad(targets[positions], blank).astype("int32")
    positions = np.pad(positions, blank).astype("int32")
    weight = weight[positions // (tokens.shape[1] - 1)].astype("float32")
    return tokens[:, :-1], positions, y, weight
