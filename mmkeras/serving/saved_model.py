"""Writes a task as a SavedModel, from raw inputs to answers."""

import contextlib

import keras
import tensorflow as tf

from mmkeras.tasks import lora
from mmkeras.tasks.precision import in_float32


def write_saved_model(task, folder, samples, options):
    """Writes a task as a SavedModel, in float32.

    Args:
        task: A `mmkeras.tasks.Task` on the TensorFlow backend.
        folder: Where to write.
        samples: Dict of lists of raw inputs by field.
        options: Dict of options of `task.answer`.

    Returns:
        The answers of `task.answer` to the samples, also in float32.

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
    with _float32():
        # A new task: the cached models of the given one may have another
        # precision.
        model = in_float32(lora.merged(task.model))
        task = type(task)(model, task.codecs)
        # This creates all variables before the graph is traced: otherwise
        # TensorFlow would trace it twice.
        answers = task.answer(samples, **options)
        serve = _signature(task, options)
        module = tf.Module()
        module.state = list(serve.variables)
        signatures = {"serving_default": serve}
        tf.saved_model.save(module, str(folder), signatures)
        return answers


def input_specs(task):
    """Describes the inputs of an export.

    Args:
        task: A `mmkeras.tasks.Task`.

    Returns:
        Dict of a `tf.TensorSpec` for each field: strings `(batch,)`, or
        `(batch, turns)` for dialogues; float32 `(batch, *shape)` for features.
        For each column of a table: float32 or strings `(batch,)`.
    """
    specs = {}
    for field in task.fields:
        spec = task.codecs[field].signature(field)
        specs |= spec if isinstance(spec, dict) else {field: spec}
    return specs


def _signature(task, options):
    """A concrete function of strings, or of numbers, for each input."""

    def serve(**batch):
        return task.serving_fn(batch, **options)

    specs = input_specs(task)
    function = tf.function(serve, autograph=False)
    return function.get_concrete_function(**specs)


@contextlib.contextmanager
def _float32():
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
