"""The shapes that decoders take."""

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


def repeated(seen, together):
    """Repeats what is seen for each sentence about it.

    Args:
        seen: Tensor, batch first.
        together: int. Sentences of each example, side by side.
    """
    return ops.repeat(seen, together, axis=0) if together > 1 else seen


def at(x, places):
    """Takes the words that count out of all sentences.

    Args:
        x: Tensor of shape `(batch, length, size)`.
        places: Integers of shape `(n,)`, which words, numbered sentence after
            sentence; `None` for all, as they are.

    Returns:
        Tensor of shape `(n, size)`, or `x`.
    """
    if places is None:
        return x
    return ops.take(ops.reshape(x, (-1, x.shape[-1])), places, axis=0)


def logits_spec(size, inputs, places):
    """What a decoder of `size` words returns; see `at`."""
    tokens, _ = inputs
    shape = tokens.shape if places is None else places.shape
    return keras.KerasTensor((*shape, size), "float32")
