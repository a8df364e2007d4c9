"""Loads an untrusted model file without executing code in it."""

import json
import pathlib
import struct
import zipfile
import zlib

import keras

from mmkeras.files import atomic
from mmkeras.files import sizes
from mmkeras.tasks import copies

TRUSTED = {"keras", "keras_hub", "mmkeras"}
BUILT_IN = {"dict", "list", "set", "slice", "tuple"}
# Classes of trusted packages that execute code from a file.
CODE = {
    "FlaxLayer",
    "JaxLayer",
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "__lambda__",
}
_KERAS_HUB_FILES = (
    "config.json",
    "image_converter.json",
    "preprocessor.json",
    "tokenizer.json",
)
_LARGEST_JSON = 1 << 26  # Bytes: that of the largest KerasHub model is 1 MB.
_BROKEN = (
    EOFError,
    KeyError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def load_model(path):
    """Loads a `.keras` file whose classes all come from trusted packages.

    Args:
        path: A `.keras` file.

    Returns:
        The model, uncompiled.

    Raises:
        ValueError: If the file is damaged, or refers to a layer that contains
            code, or to a function or class outside Keras, KerasHub and
            mmkeras.
    """
    try:
        classes = list(_classes(_config(path)))
    except (*_BROKEN, ValueError) as error:
        raise ValueError(
            f"{path} is not a complete .keras file: {error or type(error)}"
        ) from error
    _check(classes, path)
    _import(classes)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Any: the config is untrusted.
        raise ValueError(
            f"{path} is not a complete .keras file, or was saved by another "
            f"version of Keras or mmkeras: {type(error).__name__}: {error}"
        ) from error
    return copies.freeze(model)


def load_parts(config_path, weights_path):
    """Loads a model from its configuration and its weights.

    Args:
        config_path: A JSON file, as `config.json` in a `.keras` file.
        weights_path: A `.weights.h5` file; weights in half precision are
            converted to those of the model.

    Returns:
        The model, uncompiled.

    Raises:
        ValueError: As of `load_model`.
    """
    config = atomic.read_json(config_path, dict)
    classes = list(_classes(config))
    _check(classes, config_path)
    _import(classes)
    try:
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        model.load_weights(weights_path)
    except Exception as error:  # Any: both files are untrusted.
        raise ValueError(
            f"{config_path} and {weights_path} are damaged, or were saved by "
            "another version of Keras or mmkeras: "
            f"{type(error).__name__}: {error}"
        ) from error
    return copies.freeze(model)


def check_network(folder):
    """Checks the classes that the files of a pretrained network name.

    Args:
        folder: Folder of a preset of KerasHub, or of a model of Hugging Face.

    Raises:
        ValueError: If one is not of Keras, KerasHub or mmkeras, or contains
            code.
    """
    paths = [pathlib.Path(folder, name) for name in _KERAS_HUB_FILES]
    if "registered_name" not in atomic.read_json(paths[0], dict):
        return  # Not of KerasHub: no class is looked up by name.
    for path in filter(pathlib.Path.is_file, paths):
        _check(list(_classes(atomic.read_json(path))), path)


def _config(path):
    """Reads a model's config, after checking the unpacked sizes."""
    with zipfile.ZipFile(path) as archive:
        sizes.check_archive(archive)
        for member in archive.infolist():
            size = member.file_size
            if member.filename.endswith(".json") and size > _LARGEST_JSON:
                raise ValueError(
                    f"{member.filename} has {size:,} bytes; expected at most "
                    f"{_LARGEST_JSON:,}"
                )
        return json.loads(archive.read("config.json"))


def _check(classes, path):
    for module, name in classes:
        if not _is_trusted(module, name):
            raise ValueError(
                f"{path} refers to `{module}.{name}`. A model is loaded only "
                "if all its layers come from Keras, KerasHub and mmkeras, and "
                "none contains code, as a Lambda layer does."
            )


def _is_trusted(module, name):
    if not isinstance(name, str) or not isinstance(module, str | None):
        return False
    package = (module or "keras").split(".")[0]
    plain = package == "builtins" and name in BUILT_IN
    return name not in CODE and (package in TRUSTED or plain)


def _classes(config):
    """Yields module and class name of every object in a config."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config.get("module"), config["class_name"]
        for value in config.values():
            yield from _classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _classes(value)


def _import(classes):
    """Imports the packages, which register their classes with Keras."""
    packages = {(module or "").split(".")[0] for module, _ in classes}
    if "keras_hub" in packages:
        import keras_hub  # noqa: F401
    import mmkeras.branches
    import mmkeras.decoders
    import mmkeras.fusion
    import mmkeras.layers  # noqa: F401
