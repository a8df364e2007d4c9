"""Writes a task as a SavedModel, from raw inputs to answers."""

import contextlib

import keras
import tensorflow as tf

from mmkeras.tasks import lora
from mmkeras.tasks.precision import in_float32


def write_saved_model(task, folder, samples, served, options):
    """Writes a task as a SavedModel, in float32.

    Args:
        task: A `mmkeras.tasks.Task` on the TensorFlow backend.
        folder: Where to write.
        samples: Dict of lists of raw inputs by field.
        served: The same as of the default signature; see
            `samples.with_candidates`.
        options: Dict of options of `task.answer`.

    Returns:
        Tuple of the answers of the task to `served`, also in float32;
        and a dict of those of each further signature of the task.

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
        # An export that is compiled must give the same as the task is not.
        plain = {**options, "xla": False} if "xla" in options else options
        answers = task.serving_answer(served, **plain)
        signatures = {"serving_default": _signature(task, options)}
        others = {}
        for name, (field, function) in task.signatures().items():
            packed = task.codecs[field].pack(samples[field])
            others[name] = function({field: packed})
            signatures[name] = _of_field(task, field, function)
        module = tf.Module()
        module.state = [x for f in signatures.values() for x in f.variables]
        tf.saved_model.save(module, str(folder), signatures)
        return answers, others


def input_specs(task, fields=None):
    """Describes the inputs of an export.

    Args:
        task: A `mmkeras.tasks.Task`.
        fields: Names of some of its fields; by default all.

    Returns:
        Dict of a `tf.TensorSpec` for each field: strings `(batch,)`, or
        `(batch, turns)` for dialogues; float32 `(batch, *shape)` for features.
        For each column of a table: float32 or strings `(batch,)`. Of all
        fields, `Task.ranked_field` has strings `(batch, candidates)`.
    """
    specs = {}
    for field in task.fields if fields is None else fields:
        spec = task.codecs[field].signature(field)
        if fields is None and field == task.ranked_field:
            spec = tf.TensorSpec((None, None), spec.dtype, name=field)
        specs |= spec if isinstance(spec, dict) else {field: spec}
    return specs


def _of_field(task, field, function):
    """A concrete function of one input."""

    def serve(**batch):
        packed = task.codecs[field].from_arguments(field, batch)
        return function({field: packed})

    specs = input_specs(task, [field])
    function_of_field = tf.function(serve, autograph=False)
    return function_of_field.get_concrete_function(**specs)


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
