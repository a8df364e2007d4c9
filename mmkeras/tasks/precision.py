"""A model in another precision, with the same weights."""

import contextlib

import keras

from mmkeras.tasks import copies


def in_float32(model):
    """Returns the model with every layer in float32.

    A model trained in mixed precision computes in mixed precision again when
    it is loaded; what is saved and served computes in float32.

    Args:
        model: A functional `keras.Model`.

    Returns:
        The model itself if it is in float32 already, else a copy.
    """
    config = _float32_config(model.get_config())
    if config == model.get_config():
        return model
    with own_policy():
        keras.config.set_dtype_policy("float32")  # Of layers in blocks.
        return copies.copy(model, config)


@contextlib.contextmanager
def own_policy():
    """Restores the dtype policy of the process at the end."""
    policy = keras.config.dtype_policy()
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def _float32_config(config):
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            inner = config["config"]
            name = "float32" if "float" in inner["name"] else inner["name"]
            return {**config, "config": {**inner, "name": name}}
        return {key: _float32_config(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(_float32_config(value) for value in config)
    if isinstance(config, keras.DTypePolicy):
        return keras.DTypePolicy("float32")
    return config
