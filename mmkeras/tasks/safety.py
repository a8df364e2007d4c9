"""Loads a model file from a stranger without executing anything in it."""

import json
import zipfile

import keras

TRUSTED = {"keras", "keras_hub", "mmkeras"}
BUILT_IN = {"dict", "list", "set", "slice", "tuple"}


def load_model(path):
    """Loads a `.keras` file whose classes all come from trusted packages.

    Args:
        path: A `.keras` file.

    Returns:
        The model, uncompiled.

    Raises:
        ValueError: If the file is broken, or names a Lambda layer, a function
            or a class outside Keras, KerasHub and mmkeras.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a whole .keras file.") from error
    _check(config, path)
    # KerasHub and mmkeras register their classes when they are imported.
    _import(config)
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _check(config, path):
    for module, name in _classes(config):
        package = (module or "keras").split(".")[0]
        plain = package == "builtins" and name in BUILT_IN
        if name == "Lambda" or not (package in TRUSTED or plain):
            raise ValueError(
                f"{path} asks for `{module}.{name}`. A model is loaded only "
                "if all its layers come from Keras, KerasHub and mmkeras, and "
                "none is a Lambda."
            )


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
    import mmkeras.layers  # noqa: F401
