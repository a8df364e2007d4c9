"""What a graph does instead where an operation raises an error."""

import tensorflow as tf


def first_of(attempt, otherwise, value):
    """Returns what `attempt` makes of a value; if it raises, `otherwise`.

    A graph cannot catch an error; a data set of one element can skip it.

    Args:
        attempt: Function of `value`.
        otherwise: Function of `value` with results of the same shapes.
        value: Tensor.
    """
    attempted = tf.data.Dataset.from_tensors(value).map(attempt)
    fallback = tf.data.Dataset.from_tensors(value).map(otherwise)
    options = tf.data.Options()
    # Rewriting a graph that runs once costs more than running it.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return (
        attempted.ignore_errors()
        .concatenate(fallback)
        .take(1)
        .with_options(options)
        .get_single_element()
    )
