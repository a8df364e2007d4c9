"""Reorders and selects the hypotheses of a beam search."""

import keras
from keras import ops


def repeat_state(state, beams):
    """Repeats the state of a decoder once per beam.

    Args:
        state: As of a decoder's `start`: with a `"past"`, the static part
            is shared by the beams of an example.
        beams: int.

    Returns:
        The state of all beams.
    """
    if beams == 1:
        return state
    axes = {"static": 0, "cache": 0}
    if "past" in state:
        axes = {"cache": 0, "past": 2}
    return state | {
        part: keras.tree.map_structure(
            lambda x, axis=axis: ops.repeat(x, beams, axis=axis), state[part]
        )
        for part, axis in axes.items()
    }


def reorder(x, origin):
    """Reorders the beams of `(batch, beams, ...)`."""
    if x.shape[1] == 1:
        return x
    shape = ops.shape(x)
    flat = reorder_flat(ops.reshape(x, (-1, *shape[2:])), origin)
    return ops.reshape(flat, shape)


def reorder_flat(x, origin):
    """Reorders the beams of `(batch * beams, ...)`."""
    beams = origin.shape[1]
    if beams == 1:
        return x
    rows = ops.arange(ops.shape(origin)[0], dtype="int32")[:, None]
    flat = ops.reshape(rows * beams + origin, (-1,))
    return ops.take(x, flat, axis=0)


def select_best(tokens, score, merit):
    """Selects the sequence with the highest merit of each example."""
    best = ops.cast(ops.argmax(merit, axis=-1), "int32")[:, None]
    score = ops.take_along_axis(score, best, axis=1)[:, 0]
    tokens = ops.take_along_axis(tokens, best[..., None], axis=1)[:, 0]
    return {"tokens": tokens, "score": score}


def mask_after_end(tokens, end):
    """Marks the tokens up to the first end, in `(..., length)`."""
    ended = ops.cast(tokens == end, "int32")
    previous = ops.cumsum(ended, axis=-1) - ended
    return ops.logical_and(previous == 0, tokens != 0)
