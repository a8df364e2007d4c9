"""Minimum Bayes risk: scores of sequences by overlap with others."""

from keras import ops

ORDER = 4  # The longest n-grams compared, as in BLEU.


def mbr_scores(tokens, weights):
    """Scores sequences by their n-gram overlap with the others.

    `score_i = sum_j weight_j * overlap(i, j)`, where the overlap is the
    mean over n = 1..4 of the Dice coefficient of the n-grams,
    `2 * |i and j| / (|i| + |j|)`, each counted as often as it occurs.

    The most likely sequence often differs from all others; the one with the
    best score has the lowest expected loss (minimum Bayes risk).

    Args:
        tokens: Integer tensor of shape `(batch, sequences, length)`, padded
            with 0 at the end.
        weights: Float tensor of shape `(batch, sequences)`.

    Returns:
        float32 tensor of shape `(batch, sequences)`.

    Reference:
        [Kumar and Byrne, 2004](https://aclanthology.org/N04-1022)
    """
    count = ops.sum(ops.cast(tokens != 0, "float32"), axis=-1)
    overlap = 0.0
    for n, shared in enumerate(_matches(tokens, tokens), 1):
        sizes = ops.maximum(count - n + 1, 0.0)
        total = sizes[:, :, None] + sizes[:, None]
        overlap += 2 * shared / ops.maximum(total, 1.0) / ORDER
    weights = ops.cast(weights, "float32")
    return ops.sum(overlap * weights[:, None], axis=-1)


def expected_ngram_matches(tokens, samples, chunk_size=8):
    """Counts the n-grams that sequences share with samples.

    The sum over n = 1..4 of the number of n-grams that a sequence has in
    common with a sample, each counted as often as it occurs in both, as the
    mean over the samples.

    Args:
        tokens: Integer tensor of shape `(batch, sequences, length)`, padded
            with 0 at the end.
        samples: Integer tensor of shape `(batch, samples, length)`.
        chunk_size: int. Number of samples to compare at once; more take
            more memory.

    Returns:
        float32 tensor of shape `(batch, sequences)`.

    Reference:
        [Tromble et al., 2008](https://aclanthology.org/D08-1065)
    """
    total, count = 0.0, samples.shape[1]
    for first in range(0, count, chunk_size):
        chunk = samples[:, first : first + chunk_size]
        for shared in _matches(tokens, chunk):
            total += ops.sum(shared, axis=-1)
    return total / count


def _matches(tokens, others):
    """Yields, for n = 1..4, the number of n-grams in common.

    One that occurs c times in i and d times in j counts `min(c, d)` times:
    `min(1, d / c)` at each of its c positions in i.

    Yields:
        float32 tensors of shape `(batch, sequences, others)`.
    """
    length = tokens.shape[-1]
    first, second = tokens[:, :, None, :, None], others[:, None, :, None, :]
    # (batch, i, j, position in i, position in j)
    words = ops.logical_and(first == second, first != 0)
    # (batch, i, position in i, position in i)
    own = ops.logical_and(
        tokens[..., None] == tokens[..., None, :], tokens[..., None] != 0
    )
    grams, own_grams = words, own
    for n in range(1, min(ORDER, length) + 1):
        if n > 1:
            grams = ops.logical_and(
                grams[..., :-1, :-1], words[..., n - 1 :, n - 1 :]
            )
            own_grams = ops.logical_and(
                own_grams[..., :-1, :-1], own[..., n - 1 :, n - 1 :]
            )
        d = ops.sum(ops.cast(grams, "float32"), axis=-1)  # By position.
        c = ops.sum(ops.cast(own_grams, "float32"), axis=-1)[:, :, None]
        part = ops.minimum(d / ops.maximum(c, 1.0), 1.0)
        yield ops.sum(part, axis=-1)
