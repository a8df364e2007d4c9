"""Compiles the search of a generator with XLA, on TensorFlow.

XLA compiles a function for each batch size, which takes seconds. Batches are
therefore padded to a few sizes: 1, 4, 16, 64, and multiples of 64.
"""

import keras

PAYS_AFTER = 64  # Batches of a size, before compiling saves time.
SIZES = (0, 1, 4, 16, 64)


def padded_size(count):
    """Returns the size that a batch of `count` examples is padded to."""
    larger = -(-count // SIZES[-1]) * SIZES[-1]
    return next((size for size in SIZES if count <= size), larger)


def with_xla(function):
    """Compiles a function of a batch.

    Args:
        function: Function of a tensor of shape `(batch, ...)`, its rows
            independent of each other, to a dict of tensors of as many rows.

    Returns:
        A function to the same; on JAX, which compiles models by itself, and
        on torch, the function itself.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    compiled = tf.function(function, jit_compile=True, autograph=False)

    def call(x):
        x = tf.convert_to_tensor(x)
        count = tf.shape(x)[0]
        place = tf.searchsorted(SIZES, count[None])[0]
        size = tf.gather(SIZES, tf.minimum(place, len(SIZES) - 1))
        larger = -(-count // SIZES[-1]) * SIZES[-1]
        size = tf.where(count > SIZES[-1], larger, size)
        # The last row, repeated, ends when it does, unlike rows of zeros.
        rows = tf.minimum(tf.range(size), count - 1)
        x = tf.ensure_shape(tf.gather(x, rows), (None, *x.shape[1:]))
        return {name: y[:count] for name, y in compiled(x).items()}

    return call
