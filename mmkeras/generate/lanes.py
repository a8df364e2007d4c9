"""Several sentences a picture, side by side."""

from keras import ops


def spread(x, lanes):
    """Repeats each example for each of its lanes."""
    return ops.repeat(x, lanes, axis=0) if lanes > 1 else x


def gather(x, origin):
    """Reorders the lanes of `(batch, lanes, ...)`."""
    if x.shape[1] == 1:
        return x
    shape = ops.shape(x)
    flat = follow(ops.reshape(x, (-1, *shape[2:])), origin)
    return ops.reshape(flat, shape)


def follow(x, origin):
    """Reorders the lanes of `(batch * lanes, ...)`."""
    lanes = origin.shape[1]
    if lanes == 1:
        return x
    rows = ops.arange(ops.shape(origin)[0], dtype="int32")[:, None]
    flat = ops.reshape(rows * lanes + origin, (-1,))
    return ops.take(x, flat, axis=0)


def pick(tokens, score, merit):
    """The sentences of most merit."""
    best = ops.cast(ops.argmax(merit, axis=-1), "int32")[:, None]
    score = ops.take_along_axis(score, best, axis=1)[:, 0]
    tokens = ops.take_along_axis(tokens, best[..., None], axis=1)[:, 0]
    return {"tokens": tokens, "score": score}


def until(tokens, end):
    """Marks what was said, the first end included, in `(..., length)`."""
    ended = ops.cast(tokens == end, "int32")
    before = ops.cumsum(ended, axis=-1) - ended
    return ops.logical_and(before == 0, tokens != 0)
