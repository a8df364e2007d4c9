"""Inputs of fusion layers: vectors or sequences, some of them absent."""

from keras import ops


def check_vectors(layer, shapes):
    """Raises unless the inputs are at least two vectors.

    Args:
        layer: The layer, for its name.
        shapes: Shapes of the inputs.

    Raises:
        ValueError: If there are fewer than two, or one is not of shape
            `(batch, dim)` with a known `dim`.
    """
    _check_list(layer, shapes)
    if any(len(shape) != 2 or shape[-1] is None for shape in shapes):
        raise ValueError(
            f"`{type(layer).__name__}` fuses vectors of shape (batch, dim). "
            f"Received: shapes={[tuple(shape) for shape in shapes]}. Pool a "
            "sequence first, e.g. with `mmkeras.layers.MaskedPool`."
        )


def check_sequences(layer, shapes):
    """Raises unless the inputs are at least two sequences.

    Args:
        layer: The layer, for its name.
        shapes: Shapes of the inputs.

    Raises:
        ValueError: If there are fewer than two, or one is not of shape
            `(batch, length, dim)` with a known `dim`.
    """
    _check_list(layer, shapes)
    if any(len(shape) != 3 or shape[-1] is None for shape in shapes):
        raise ValueError(
            f"`{type(layer).__name__}` fuses sequences of shape (batch, "
            "length, dim). Received: "
            f"shapes={[tuple(shape) for shape in shapes]}. Convert a vector "
            "to a sequence of one step, e.g. with `keras.layers.Reshape((1, "
            "dim))`."
        )


def check_alike(layer, shapes):
    """Raises unless the inputs are at least two tensors of one shape.

    Args:
        layer: The layer, for its name.
        shapes: Shapes of the inputs.

    Raises:
        ValueError: If there are fewer than two, or their shapes differ.
    """
    _check_list(layer, shapes)
    if len({tuple(shape[1:]) for shape in shapes}) > 1:
        raise ValueError(
            f"`{type(layer).__name__}` fuses tensors of the same shape. "
            f"Received: shapes={[tuple(shape) for shape in shapes]}. Project "
            "them to the same size first, e.g. with `keras.layers.Dense`."
        )


def mask_absent(inputs, presence, fill=0.0):
    """Replaces absent inputs by a constant.

    The values of an absent input have no effect, not even NaN.

    Args:
        inputs: List of n tensors, batch first.
        presence: Boolean tensor of shape `(batch, n)`, or `None` if all are
            present.
        fill: float. The constant.

    Returns:
        List of n tensors.
    """
    if presence is None:
        return list(inputs)
    return [
        where(presence[:, i], x, ops.cast(fill, x.dtype))
        for i, x in enumerate(inputs)
    ]


def where(flags, x, other):
    """Selects rows of `x` where flags `(batch,)` are true, else `other`."""
    return ops.where(expand_like(flags, x), x, other)


def product(factors, presence):
    """Multiplies factors, except those of absent inputs.

    Args:
        factors: List of n tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, or `None`.

    Returns:
        Tensor of the same shape.
    """
    first, *others = mask_absent(factors, presence, fill=1.0)
    for x in others:
        first = first * x
    return first


def mean(inputs, presence):
    """Averages tensors of one shape, except those that are absent.

    Args:
        inputs: List of n tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, or `None`.

    Returns:
        Tensor of the same shape; zeros where all inputs are absent.
    """
    total = sum(mask_absent(inputs, presence))
    if presence is None:
        return total / len(inputs)
    count = ops.sum(ops.cast(presence, total.dtype), axis=1)
    return total / expand_like(ops.maximum(count, 1), total)


def present_steps(inputs, presence, masks=None):
    """Returns masks that exclude padding and absent sequences.

    Args:
        inputs: List of n tensors of shape `(batch, length_i, dim)`.
        presence: Boolean tensor of shape `(batch, n)`, or `None`.
        masks: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        List of n boolean tensors of shape `(batch, length_i)`.
    """
    masks = masks or [None] * len(inputs)
    steps = []
    for i, (x, mask) in enumerate(zip(inputs, masks)):
        mask = ops.ones(ops.shape(x)[:2], "bool") if mask is None else mask
        if presence is not None:
            mask = ops.logical_and(mask, presence[:, i, None])
        steps.append(mask)
    return steps


def _check_list(layer, shapes):
    listed = isinstance(shapes, (list, tuple)) and shapes
    if not listed or not isinstance(shapes[0], (list, tuple)):
        shapes = [shapes]
    if len(shapes) < 2:
        raise ValueError(
            f"`{type(layer).__name__}` fuses a list of at least two tensors. "
            f"Received: shapes={[tuple(shape) for shape in shapes]}"
        )


def expand_like(values, x):
    """Reshapes values of shape `(batch,)` to broadcast against `x`."""
    return ops.reshape(values, (-1, *[1] * (len(x.shape) - 1)))
