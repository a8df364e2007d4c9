"""Which of several sentences the others agree with most."""

from keras import ops

ORDER = 4  # The longest n-grams compared, as in BLEU.


def agreement(tokens, voice):
    """How far sentences agree with the others: minimum Bayes risk.

    `agreement_i = sum_j voice_j * overlap(i, j)`, where the overlap is the
    mean over n = 1..4 of the Dice coefficient of the n-grams of both,
    `2 * |both| / (|i| + |j|)`, each counted as often as it occurs.

    The sentence a model finds likeliest is often one that is like no other;
    the one with the best agreement has the least risk of being unlike what
    somebody would say.

    Args:
        tokens: Integer tensor of shape `(batch, sentences, length)`, padded
            with 0 at the end.
        voice: Float tensor of shape `(batch, sentences)`: the weight of each
            sentence as a judge.

    Returns:
        float32 tensor of shape `(batch, sentences)`.

    Reference:
        [Kumar and Byrne, 2004](https://aclanthology.org/N04-1022)
    """
    length = tokens.shape[-1]
    first, second = tokens[:, :, None, :, None], tokens[:, None, :, None, :]
    # (batch, i, j, place in i, place in j)
    words = ops.logical_and(first == second, first != 0)
    count = ops.sum(ops.cast(tokens != 0, "float32"), axis=-1)
    grams, overlap = words, 0.0
    for n in range(1, min(ORDER, length) + 1):
        if n > 1:
            rest = words[..., n - 1 :, n - 1 :]
            grams = ops.logical_and(grams[..., :-1, :-1], rest)
        sizes = ops.maximum(count - n + 1, 0.0)
        both = sizes[:, :, None] + sizes[:, None]
        overlap += 2 * _shared(grams) / ops.maximum(both, 1.0) / ORDER
    voice = ops.cast(voice, "float32")
    return ops.sum(overlap * voice[:, None], axis=-1)


def _shared(grams):
    """Counts the n-grams that two sentences have in common.

    One that occurs c times in i and d times in j counts `min(c, d)` times:
    each of its c places in i, `min(1, d / c)`.
    """
    there = ops.sum(ops.cast(grams, "float32"), axis=-1)  # d, by place in i.
    here = ops.diagonal(there, axis1=1, axis2=2)  # c; the last axis is i.
    here = ops.transpose(here, (0, 2, 1))[:, :, None]
    part = ops.minimum(there / ops.maximum(here, 1.0), 1.0)
    return ops.sum(part, axis=-1)
