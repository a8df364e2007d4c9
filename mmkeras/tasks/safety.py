"""Loads a model file from a stranger without executing anything in it."""

import json
import zipfile

import keras

TRUSTED = {"keras", "keras_hub", "mmkeras"}
BUILT_IN = {"dict", "list", "set", "slice", "tuple"}
# Classes of trusted packages that run code which lies in a file.
CODE = {
    "FlaxLayer",
    "JaxLayer",
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "__lambda__",
}


def load_model(path):
    """Loads a `.keras` file whose classes all come from trusted packages.

    Args:
        path: A `.keras` file.

    Returns:
        The model, uncompiled.

    Raises:
        ValueError: If the file is broken, or names a layer that holds code, a
            function or a class outside Keras, KerasHub and mmkeras.
    """
    broken = f"{path} is not a whole .keras file"
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"{broken}.") from error
    _check(config, path)
    # KerasHub and mmkeras register their classes when they are imported.
    _import(config)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except OSError as error:
        raise ValueError(f"{broken}: {error}") from error


def _check(config, path):
    for module, name in _classes(config):
        if not _is_trusted(module, name):
            raise ValueError(
                f"{path} asks for `{module}.{name}`. A model is loaded only "
                "if all its layers come from Keras, KerasHub and mmkeras, and "
                "none holds code, as a Lambda does."
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


def _import(config):
    packages = {(module or "").split(".")[0] for module, _ in _classes(config)}
    if "keras_hub" in packages:
        import keras_hub  # noqa: F401
    import mmkeras.branches
    import mmkeras.decoders
    import mmkeras.fusion
    import mmkeras.layers  # noqa: F401
