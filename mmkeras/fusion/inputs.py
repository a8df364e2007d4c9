"""What fusion layers take: lists of vectors or of sequences, some absent."""

from keras import ops


def check_vectors(layer, shapes):
    """Refuses what is not a list of two or more vectors.

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
    """Refuses what is not a list of two or more sequences.

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
    """Refuses what is not a list of two or more tensors of one shape.

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


def only_present(inputs, presence, instead=0.0):
    """Puts a constant in the place of what is absent.

    Nothing of an absent input is left, not even a NaN.

    Args:
        inputs: List of n tensors, batch first.
        presence: Boolean tensor of shape `(batch, n)`, or `None` if all are
            there.
        instead: float.

    Returns:
        List of n tensors.
    """
    if presence is None:
        return list(inputs)
    return [
        where(presence[:, i], x, ops.cast(instead, x.dtype))
        for i, x in enumerate(inputs)
    ]


def where(flags, x, other):
    """Takes rows of `x` where flags `(batch,)` say so, else of `other`."""
    return ops.where(beside(flags, x), x, other)


def product(factors, presence):
    """Multiplies what is made of inputs; what is absent drops out.

    Args:
        factors: List of n tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, or `None`.

    Returns:
        Tensor of the same shape.
    """
    first, *others = only_present(factors, presence, instead=1.0)
    for x in others:
        first = first * x
    return first


def mean(inputs, presence):
    """Averages tensors of one shape; what is absent is left out.

    Args:
        inputs: List of n tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, or `None`.

    Returns:
        Tensor of the same shape; zeros where nothing is there.
    """
    total = sum(only_present(inputs, presence))
    if presence is None:
        return total / len(inputs)
    count = ops.sum(ops.cast(presence, total.dtype), axis=1)
    return total / beside(ops.maximum(count, 1), total)


def present_steps(inputs, presence, masks=None):
    """Says which steps of sequences are there.

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
        there = ops.ones(ops.shape(x)[:2], "bool") if mask is None else mask
        if presence is not None:
            there = ops.logical_and(there, presence[:, i, None])
        steps.append(there)
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


def beside(values, x):
    """Gives values of shape `(batch,)` as many axes as `x` has."""
    return ops.reshape(values, (-1, *[1] * (len(x.shape) - 1)))
