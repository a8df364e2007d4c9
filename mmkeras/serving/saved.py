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
        samples: Dict of lists of raw inputs by field.
        options: Dict of options of `task.answer`.

    Returns:
        What `task.answer`, in float32 too, makes of the samples.

    Raises:
        ValueError: If Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(
            "SavedModels can be exported on the TensorFlow backend only. "
            f"Received: the {backend!r} backend. Set KERAS_BACKEND=tensorflow "
            "and load the task again; a saved task loads on every backend."
        )
    with _full_precision():
        # A task of its own: what the given one has at hand may have been
        # made under another precision.
        task = type(task)(in_float32(task.model), task.codecs)
        # What the answers create is there before the graph is traced: with a
        # variable made on the way, TensorFlow traces it twice.
        answers = task.answer(samples, **options)
        serve = _signature(task, options)
        module = tf.Module()
        module.state = list(serve.variables)
        signatures = {"serving_default": serve}
        tf.saved_model.save(module, str(folder), signatures)
        return answers


def input_specs(task):
    """Says what an export takes.

    Args:
        task: A `mmkeras.tasks.Task`.

    Returns:
        Dict of a `tf.TensorSpec` for each field: strings `(batch,)`, of a
        conversation `(batch, turns)`; of features float32 `(batch, *shape)`.
    """
    return {name: task.codecs[name].signature(name) for name in task.fields}


def _signature(task, options):
    """A concrete function of strings, or of features, for each field."""

    def serve(**batch):
        return task.graph(batch, **options)

    specs = input_specs(task)
    function = tf.function(serve, autograph=False)
    return function.get_concrete_function(**specs)


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
