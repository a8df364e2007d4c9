"""Attention that projects all examples in one matrix product."""

import functools
import math

from keras import ops


def flatten_projections(attention):
    """Lets built attention project the steps of all examples at once.

    Keras multiplies each example by the kernel separately, so TensorFlow
    materialises one kernel gradient per example before summing. Flattening
    the batch avoids this; results are identical.

    Args:
        attention: A built `keras.layers.MultiHeadAttention`, or a subclass.

    Returns:
        The same layer.
    """
    inputs = attention.query_dense, attention.key_dense, attention.value_dense
    for dense in inputs:  # Kernels of shape (dim, heads, size).
        dense.call = functools.partial(_product, dense, 1)
    dense = attention.output_dense  # Of shape (heads, size, dim).
    dense.call = functools.partial(_product, dense, 2)
    return attention


def _product(dense, axes, inputs, training=None):
    """Contracts the last axes of inputs with the first of a kernel."""
    shape = dense.kernel.shape
    width = math.prod(shape[:axes])
    kernel = ops.reshape(dense.kernel, (width, -1))
    x = ops.matmul(ops.reshape(inputs, (-1, width)), kernel)
    x = ops.reshape(x, (*ops.shape(inputs)[:-axes], *shape[axes:]))
    return x if dense.bias is None else ops.add(x, dense.bias)
