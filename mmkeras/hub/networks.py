"""Finds pretrained networks of KerasHub and Hugging Face.

A network is a folder with a `config.json`, without a task of mmkeras.
"""

import os
import pathlib

from mmkeras.hub.downloads import HUGGING_FACE
from mmkeras.hub.downloads import download

PREFIXES = ("hub:", "whisper:")
TASK_FILE = "task.json"
_CONFIG = "config.json"
_KAGGLE = "kaggle://"
_FILES = ["*.json", "*.h5", "*.safetensors", "*.txt", "*.model", "*.spm"]
_WEIGHTS = (
    "model.weights.h5",
    "model.safetensors",
    "model.weights.json",
    "model.safetensors.index.json",
)


def is_network(folder):
    """Returns whether a folder has a pretrained network, not a task."""
    folder = pathlib.Path(folder)
    has_task = (folder / TASK_FILE).is_file()
    return (folder / _CONFIG).is_file() and not has_task


def weights_file(folder):
    """Returns the weights of a network, or the list of their parts."""
    paths = [pathlib.Path(folder, name) for name in _WEIGHTS]
    return next(filter(pathlib.Path.is_file, paths), paths[0])


def find(preset):
    """Finds the folder of a network.

    Args:
        preset: A folder; a name of KerasHub, such as
            `"clip_vit_base_patch32"`; or a handle, `hf://user/name`, with
            `@revision` if wanted, or `kaggle://user/model/keras/variation`.
            What is not at hand is downloaded once.

    Returns:
        The folder, a `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is no such network.
        OSError: If it cannot be downloaded.
    """
    if os.path.isdir(preset):
        folder = pathlib.Path(preset)
    elif preset.startswith(HUGGING_FACE):
        folder = download(preset, _FILES)
    else:
        folder = _download_from_kaggle(_handle(preset))
    if not (folder / _CONFIG).is_file():
        raise FileNotFoundError(
            f"{preset} has no {_CONFIG}: expected a preset of KerasHub or a "
            "model of Hugging Face."
        )
    return folder


def _handle(preset):
    """The handle of a name of KerasHub; a handle is returned."""
    import keras_hub  # Late: it takes half a second.

    names = keras_hub.models.Backbone.presets
    if preset in names:
        return names[preset]["kaggle_handle"]
    if not preset.startswith(_KAGGLE):
        raise FileNotFoundError(
            f"There is no folder and no preset of KerasHub {preset}. Give a "
            "folder, hf://USER/NAME or kaggle://USER/MODEL/keras/VARIATION; "
            "names are at https://keras.io/keras_hub/presets."
        )
    return preset


def _download_from_kaggle(handle):
    import kagglehub  # Late; KerasHub requires it.

    try:
        return pathlib.Path(
            kagglehub.model_download(handle.removeprefix(_KAGGLE))
        )
    except Exception as error:  # Of its own, of requests, or a ValueError.
        raise OSError(
            f"{handle} could not be downloaded ({error}). Check the network "
            "and the name, or give the folder of a copy."
        ) from error
