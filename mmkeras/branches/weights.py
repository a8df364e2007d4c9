"""Weights from files: `.npz`, `.weights.h5` or `.keras`."""

import pathlib

import keras
import numpy as np


def load_weights(model, path):
    """Loads weights into a model by layer name.

    A `.npz` holds one array a weight under `<layer>/<variable>`, e.g.
    `Conv1/kernel`; arrays of layers that the model does not have are left
    alone. A batch normalisation that was folded into its convolution has only
    a `beta`: it gets gamma 1, mean 0 and variance 1.

    Args:
        model: A built `keras.Model`.
        path: File to read. Nothing in it is executed.

    Returns:
        The model.

    Raises:
        ValueError: If the file is of another kind, or if a weight is missing
            or has another shape; the error names it.
        FileNotFoundError: If there is no such file.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file of weights at {path}.")
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            for layer in model.layers:
                if layer.weights:
                    layer.set_weights(_find(layer, arrays, path))
    elif path.suffix in (".h5", ".keras"):
        model.load_weights(path)
    else:
        raise ValueError(
            "Weights are read from .npz, .weights.h5 or .keras files. "
            f"Received: {path}"
        )
    return model


def _find(layer, arrays, path):
    found = {}
    for weight in layer.weights:
        key = f"{layer.name}/{weight.path.split('/')[-1]}"
        if key in arrays:
            found[key] = arrays[key].astype("float32")
        elif isinstance(layer, keras.layers.BatchNormalization):
            found[key] = _identity(layer, weight)
        else:
            raise ValueError(f"{path} has no weight {key!r}.")
        if found[key].shape != tuple(weight.shape):
            raise ValueError(
                f"{key!r} in {path} has shape {found[key].shape}; the model "
                f"expects {tuple(weight.shape)}."
            )
    return list(found.values())


def _identity(layer, weight):
    """The value that makes a batch normalisation do nothing."""
    name = weight.path.split("/")[-1]
    value = {"gamma": 1.0, "moving_variance": 1.0 - layer.epsilon}.get(name, 0)
    return np.full(weight.shape, value, "float32")
