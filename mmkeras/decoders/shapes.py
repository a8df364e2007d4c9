"""Shapes of the inputs and outputs of decoders."""

import keras
from keras import ops


def tokens_and_context(input_shape):
    """Returns the shapes of tokens and context, checked.

    Args:
        input_shape: List of the two shapes.

    Returns:
        Tuple of the two shapes.

    Raises:
        ValueError: If the inputs are not `[tokens, context]`, or their axes
            not `(batch, length)` and `(batch, regions, dim)`.
    """
    if [len(shape) for shape in input_shape] != [2, 3]:
        raise ValueError(
            "A decoder takes `[tokens, context]` of shapes (batch, length) "
            f"and (batch, regions, dim). Received: {input_shape}. Pass a "
            "single vector as one region: `keras.ops.expand_dims(x, 1)`."
        )
    return tuple(input_shape)


def at(x, positions):
    """Selects the given positions of all sentences.

    Args:
        x: Tensor of shape `(batch, length, size)`.
        positions: Integers of shape `(n,)`, in the flattened `(batch, length)`;
            `None` for all.

    Returns:
        Tensor of shape `(n, size)`, or `x`.
    """
    if positions is None:
        return x
    return ops.take(ops.reshape(x, (-1, x.shape[-1])), positions, axis=0)


def logits_spec(size, inputs, positions):
    """Returns the spec of a decoder's logits over `size` words; see `at`."""
    tokens, _ = inputs
    shape = tokens.shape if positions is None else positions.shape
    return keras.KerasTensor((*shape, size), "float32")


def region_mask(context):
    """Finds the regions of a context that exist: those that are not all zero.

    Args:
        context: Tensor of shape `(batch, regions, dim)`.

    Returns:
        Booleans of shape `(batch, regions)`.
    """
    return ops.any(context != 0, axis=-1)
