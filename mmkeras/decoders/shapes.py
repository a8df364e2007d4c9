"""The shapes that decoders take."""

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
            "and (batch, regions, dim). Give a single vector as one region: "
            f"`keras.ops.expand_dims(x, 1)`. Received: {input_shape}"
        )
    return tuple(input_shape)


def repeated(seen, together):
    """Repeats what is seen for each sentence about it.

    Args:
        seen: Tensor, batch first.
        together: int. Sentences of each example, side by side.
    """
    return ops.repeat(seen, together, axis=0) if together > 1 else seen
