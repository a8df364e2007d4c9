"""A task as a graph: raw bytes in, raw answers out, all in one SavedModel."""

import contextlib

import keras
import tensorflow as tf

from mmkeras.tasks.precision import in_float32


def save(task, folder, samples, options):
    """Saves what a task answers, in float32, as a SavedModel.

    Args:
        task: A `mmkeras.tasks.Task` on the TensorFlow backend.
        folder: Where to write.
        samples: List of raw inputs (bytes).
        options: Dict of options of `task.answer`.

    Returns:
        What `task.answer`, in float32 too, makes of the samples.

    Raises:
        ValueError: If Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(
            "A SavedModel is exported from the TensorFlow backend. Received: "
            f"the {backend!r} backend. Set KERAS_BACKEND=tensorflow and load "
            "the task again; a saved task loads on every backend."
        )
    with _full_precision():
        # A task of its own: what the given one has at hand may have been
        # made under another precision.
        task = type(task)(in_float32(task.model), task.codecs)
        serve = _signature(task, options)
        module = tf.Module()
        module.state = list(serve.get_concrete_function().variables)
        signatures = {"serving_default": serve}
        tf.saved_model.save(module, str(folder), signatures)
        return task.answer({"image": samples}, **options)


def _signature(task, options):
    def serve(image):
        return task.graph({"image": image}, **options)

    encoded = tf.TensorSpec((None,), tf.string, name="image")
    return tf.function(serve, input_signature=[encoded], autograph=False)


@contextlib.contextmanager
def _full_precision():
    """Makes new layers, and matrix products on a GPU, compute in float32."""
    policy = keras.config.dtype_policy()
    quick = tf.config.experimental.tensor_float_32_execution_enabled()
    keras.config.set_dtype_policy("float32")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        tf.config.experimental.enable_tensor_float_32_execution(quick)
