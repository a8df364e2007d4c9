"""Sentences as rows of token ids, as a decoder generates them."""

import numpy as np

from mmkeras.metrics.ngrams import SPAN


def to_matrix(sequences):
    """Id sequences -> (sequences, longest), padded with 0.

    Raises:
        ValueError: If one is not a sequence of integers.
    """
    arrays = [np.asarray(ids) for ids in sequences]
    for number, ids in enumerate(arrays):
        if ids.ndim != 1 or (len(ids) and ids.dtype.kind not in "iu"):
            raise ValueError(
                "Every sentence must be a sequence of integer token ids. "
                f"Received: {sequences[number]!r} at position {number}."
            )
    matrix = np.zeros((len(arrays), max(map(len, arrays), default=0)), "int64")
    for row, ids in zip(matrix, arrays):
        row[: len(ids)] = ids
    return matrix


def places(counts):
    """Returns the item of each sentence, and its place within the item.

    Args:
        counts: (items,) how many sentences each item has, one after the other.

    Returns:
        Tuple of two (sentences,) int64 arrays.
    """
    items = np.repeat(np.arange(len(counts)), counts)
    return items, np.concatenate([np.arange(count) for count in counts])


def words(ids, start, end, keep_end=False):
    """Flattens (n, length) ids to the words that count, and (n,) lengths.

    Args:
        ids: Integers of shape `(n, length)`.
        start: Id that may stand in front of a sentence and does not count.
        end: Id that ends a sentence, as 0 does.
        keep_end: bool. Whether this end counts as a word.

    Raises:
        ValueError: If ids are not whole numbers of at least 0.
    """
    if ids.dtype.kind not in "iu" or np.any((ids < 0) | (ids >= SPAN)):
        raise ValueError(
            f"Token ids must be integers from 0 to {SPAN - 1}. "
            f"Received: {ids.dtype} {ids.tolist()[:3]}."
        )
    stops = (ids == 0) | (ids == end)
    before = np.cumsum(stops, axis=1) - stops
    mask = (before == 0) & ~stops
    if keep_end:
        mask |= (before == 0) & (ids == end)
    mask[:, :1] &= ids[:, :1] != start
    return ids[mask].astype("int64"), mask.sum(axis=1)


def check(indices, candidates, items):
    """Returns candidates and the indices of their items as arrays.

    Args:
        indices: (n,) ints.
        candidates: (n, length) ints, or n id sequences.
        items: int. Number of items.

    Raises:
        ValueError: If shapes do not fit or an index has no item.
    """
    indices = np.asarray(indices)
    if isinstance(candidates, list | tuple):
        candidates = to_matrix(candidates)
    candidates = np.asarray(candidates)
    if candidates.ndim != 2 or indices.shape != candidates.shape[:1]:
        raise ValueError(
            "Expected `indices` (n,) and `candidates` (n, length). "
            f"Received: shapes {indices.shape} and {candidates.shape}."
        )
    valid = (indices >= 0) & (indices < items)
    if len(indices) and (indices.dtype.kind not in "iu" or not valid.all()):
        raise ValueError(
            f"`indices` must be integers from 0 to {items - 1}, the items "
            f"that the reward was created with. Received: {indices.dtype} "
            f"{indices[~valid][:3]}."
        )
    return indices, candidates
