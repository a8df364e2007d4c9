"""Batches of texts by their number of token ids, not by that of examples.

Examples are sorted by their lengths, and cut into batches wherever one more
would exceed the number. Those of equal lengths come in random order, so that
batches differ between epochs, but always are as many and as large.
"""

import numpy as np


def lengths(examples):
    """Lengths of the targets and of the sources of examples.

    Args:
        examples: A `training.examples.Examples`.

    Returns:
        Integers of shape `(n, 2)`, those of the targets without their start.
    """
    targets = examples.lengths - 1
    sources = examples.input_lengths
    return np.stack([targets, targets if sources is None else sources], axis=1)


def sizes(pairs, tokens):
    """Number of examples in each batch, shortest texts first.

    Args:
        pairs: As of `lengths`.
        tokens: int. Maximum of the examples in a batch times the length of
            its longest text.

    Returns:
        List of integers; 1 for a text that is longer than `tokens`.
    """
    ordered = pairs[np.lexsort(pairs.T[::-1])].max(axis=1)
    counts, size, longest = [], 0, 0
    for length in ordered.tolist():
        longest = max(longest, length)
        if size and (size + 1) * longest > tokens:
            counts.append(size)
            size, longest = 0, length
        size += 1
    return [*counts, size]


def order(examples, tokens, rng):
    """Returns the examples of an epoch.

    Args:
        examples: As of `lengths`.
        tokens: As of `sizes`.
        rng: A `numpy.random.Generator`.

    Returns:
        List of arrays of integers, one per batch, in random order.
    """
    pairs = lengths(examples)
    shuffled = rng.permutation(len(pairs))
    ordered = shuffled[np.lexsort(pairs[shuffled].T[::-1])]
    ends = np.cumsum(sizes(pairs, tokens))[:-1]
    batches = np.split(ordered, ends)
    return [batches[i] for i in rng.permutation(len(batches))]
