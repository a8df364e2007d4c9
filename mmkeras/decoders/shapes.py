"""The shapes that decoders take."""


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
