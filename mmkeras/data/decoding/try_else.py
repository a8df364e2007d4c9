"""Fallbacks for operations that raise an error in a graph."""

import tensorflow as tf


def try_else(function, fallback, value):
    """Applies a function to a value, or a fallback if the function raises.

    A graph cannot catch an error; a data set of one element can skip it.

    Args:
        function: Function of `value`.
        fallback: Function of `value` with results of the same shapes.
        value: Tensor.
    """
    first = tf.data.Dataset.from_tensors(value).map(function)
    second = tf.data.Dataset.from_tensors(value).map(fallback)
    options = tf.data.Options()
    # Optimizing a graph that runs once costs more than running it.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return (
        first.ignore_errors()
        .concatenate(second)
        .take(1)
        .with_options(options)
        .get_single_element()
    )
