"""Weights from files: `.npz`, `.weights.h5` or `.keras`."""

import pathlib
import zipfile

import keras
import numpy as np

from mmkeras.files import npz
from mmkeras.files import sizes


def load_weights(model, path):
    """Loads weights into a model by layer name.

    A `.npz` holds one array per weight under `<layer>/<variable>`, e.g.
    `Conv1/kernel`, or `attend/query/kernel` in a layer of layers; arrays of
    layers that the model does not have are ignored. A batch normalisation
    that was folded into its convolution has only a `beta`: its gamma is set to
    1, its mean to 0 and its variance to 1.

    Args:
        model: A built `keras.Model`.
        path: File to load. Nothing in it is executed.

    Returns:
        The model.

    Raises:
        ValueError: If the file has another format, if a weight is missing or
            has another shape (the error names it), or if a `.npz` is broken
            or holds a pickle.
        FileNotFoundError: If the file does not exist.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"Weights file not found: {path}.")
    if path.suffix == ".npz":
        arrays = _read(path)
        # Checked before any is set: an error leaves the model unchanged.
        weights = [_find(layer, arrays, path) for layer in model.layers]
        for layer, values in zip(model.layers, weights):
            layer.set_weights(values)
    elif path.suffix in (".h5", ".keras"):
        _load_keras_file(model, path)
    else:
        raise ValueError(
            "Weights are loaded from .npz, .weights.h5 or .keras files. "
            f"Received: {path}"
        )
    return model


def _load_keras_file(model, path):
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                sizes.check_archive(archive)
        model.load_weights(path)
    except Exception as error:  # Of any kind: the file is untrusted.
        raise ValueError(
            f"{path} is not a complete file of this model's weights: "
            f"{type(error).__name__}: {error}"
        ) from error


def _read(path):
    try:
        with npz.opened(path) as arrays:
            return {name: arrays.read(name) for name in arrays.names}
    except ValueError as error:
        raise ValueError(
            f"{path} is not a complete .npz file of plain arrays: {error}"
        ) from error


def _find(layer, arrays, path):
    """The values of a layer's weights, in order."""
    values = []
    for weight in layer.weights:
        key = _key(layer, weight)
        if key in arrays:
            value = arrays[key].astype("float32")
        elif _is_folded(layer, arrays):
            value = _identity(layer, weight)
        else:
            raise ValueError(f"{path} has no weight {key!r}.")
        if value.shape != tuple(weight.shape):
            raise ValueError(
                f"{key!r} in {path} has shape {value.shape}; the model "
                f"expects {tuple(weight.shape)}."
            )
        values.append(value)
    return values


def _key(layer, weight):
    """The weight's path from its layer on, e.g. `attend/query/kernel`."""
    parts = weight.path.split("/")
    if layer.name in parts:
        return "/".join(parts[parts.index(layer.name) :])
    return f"{layer.name}/{weight.path}"


def _is_folded(layer, arrays):
    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    names = {key for key in arrays if key.startswith(f"{layer.name}/")}
    return names == {f"{layer.name}/beta"}


def _identity(layer, weight):
    """Returns the value that makes a batch normalisation the identity."""
    name = weight.path.split("/")[-1]
    value = {"gamma": 1.0, "moving_variance": 1.0 - layer.epsilon}.get(name, 0)
    return np.full(weight.shape, value, "float32")
