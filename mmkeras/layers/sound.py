"""Where a sound ends."""

from keras import ops


def sound_length(samples):
    """Counts the samples up to the last that is not 0.

    Args:
        samples: Tensor of shape `(batch, samples)`; it may be symbolic.

    Returns:
        Tensor of shape `(batch, 1)`; 0 for silence.
    """
    place = ops.cumsum(ops.ones_like(samples), axis=1)  # From 1.
    heard = ops.where(ops.not_equal(samples, 0), place, 0)
    return ops.max(heard, axis=1, keepdims=True)
