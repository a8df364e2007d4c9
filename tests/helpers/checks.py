"""The checks that layers, decoders and architectures have in common."""

import os
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import pytest
from keras import ops

ROOT = pathlib.Path(__file__).parents[2]
BACKEND = keras.backend.backend()
# TensorFlow takes longer to compile a tiny model than to train it.
EAGER = {"run_eagerly": BACKEND == "tensorflow"}
# Not both in quick tests; on JAX, which lacks some operations in float16, yes.
POLICIES = (
    pytest.param(
        "mixed_bfloat16", marks=[pytest.mark.slow] if BACKEND != "jax" else []
    ),
    "mixed_float16",
)

only_tensorflow = pytest.mark.skipif(
    BACKEND != "tensorflow", reason="TensorFlow's own: graphs, SavedModels"
)


def numpy(tensors):
    """Turns a nest of tensors of any backend into arrays."""
    return keras.tree.map_structure(ops.convert_to_numpy, tensors)


def fast(function):
    """Compiles a function on JAX, which else compiles every operation."""
    if BACKEND != "jax":
        return function
    import jax

    return jax.jit(function)


def run_python(code, *arguments, folder=ROOT, **environment):
    """Runs Python code in a fresh process; returns what became of it."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def randomize(layer, scale=0.8, seed=0):
    """Gives every weight of a layer or model a random value, no zeros.

    Zero biases and unit gammas would hide a formula's mistakes.
    """
    rng = np.random.default_rng(seed)
    for weight in layer.weights:
        name = weight.path.split("/")[-1]
        if "seed" in name:
            continue
        value = rng.normal(0, scale, weight.shape)
        if name == "gamma":
            value = 1 + value / 4
        if name == "moving_variance":
            value = 0.5 + value**2
        weight.assign(value.astype("float32"))
    return layer


def check_layer(cls, kwargs, inputs, expected_shape):
    """Checks what Keras asks of a layer: config, shape, gradient, dtype, save.

    Args:
        cls: The layer class.
        kwargs: Constructor arguments.
        inputs: Array, or list of arrays, with a batch of at least two.
        expected_shape: Shape of the output.
    """
    layer = cls(**kwargs)
    assert tuple(layer(inputs).shape) == expected_shape
    check_config(layer)
    model = _model(cls(**kwargs), inputs)
    assert tuple(model.output_shape)[1:] == expected_shape[1:]
    assert model.compute_output_shape(
        keras.tree.map_structure(lambda x: x.shape, inputs)
    ) == tuple(expected_shape)
    check_trains(model, inputs)
    check_saves(model, inputs)


def check_config(layer):
    """Checks that a layer's config makes the same layer again."""
    config = layer.get_config()
    again = type(layer).from_config(dict(config))
    assert again.get_config() == config
    assert keras.saving.get_registered_name(type(layer)).startswith("mmkeras>")


def check_trains(model, inputs, but=(), epochs=2):
    """Checks that training moves every weight, except some by their paths."""
    before = {v.path: numpy(v) for v in model.trainable_variables}
    shape = (len(keras.tree.flatten(inputs)[0]), *model.output_shape[1:])
    if None in shape:
        shape = model(inputs).shape
    target = np.random.default_rng(1).normal(size=shape)
    model.compile(keras.optimizers.SGD(0.1), "mse", **EAGER)
    model.fit(inputs, target.astype("float32"), epochs=epochs, verbose=0)
    after = {v.path: numpy(v) for v in model.trainable_variables}
    still = {path for path in before if np.all(before[path] == after[path])}
    assert not [path for path in still if not path.endswith(tuple(but))]


def reloaded(model):
    """Gives a model that went through a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "model.keras")
        model.save(file)
        return keras.saving.load_model(file)


def check_saves(model, inputs, **tolerance):
    """Checks that a model comes back from a `.keras` file as it went."""
    loaded = reloaded(model)
    expected, actual = numpy(model(inputs)), numpy(loaded(inputs))
    tolerance = {"rtol": 1e-5, "atol": 1e-6, **tolerance}
    for one, other in zip(*map(keras.tree.flatten, (actual, expected))):
        np.testing.assert_allclose(one, other, **tolerance)
    return loaded


def _model(layer, inputs):
    symbols = keras.tree.map_structure(
        lambda x: keras.Input(x.shape[1:], dtype=x.dtype), inputs
    )
    return keras.Model(symbols, layer(symbols))
