"""The length of audio clips without padding."""

from keras import ops


def num_samples(samples):
    """Counts the samples of each clip up to the last nonzero one.

    Args:
        samples: Tensor of shape `(batch, samples)`; it may be symbolic.

    Returns:
        Tensor of shape `(batch, 1)`; 0 for silence.
    """
    position = ops.cumsum(ops.ones_like(samples), axis=1)  # From 1.
    positions = ops.where(ops.not_equal(samples, 0), position, 0)
    return ops.max(positions, axis=1, keepdims=True)
