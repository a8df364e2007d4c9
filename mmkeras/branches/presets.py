"""Loads presets of KerasHub.

A preset is a name, a handle (`hf://...`, `kaggle://...`), or the folder of a
preset of KerasHub or of a model of Hugging Face.
"""

import json
import pathlib
import tempfile

from mmkeras.branches import hugging_face
from mmkeras.branches import hugging_face_clip

_CLIP = "clip"  # A type of models of Hugging Face.


def load_backbone(preset):
    """Loads the backbone of a preset.

    Args:
        preset: The preset.

    Returns:
        A `keras_hub.models.Backbone`.

    Raises:
        ModuleNotFoundError: If a package that reads it is not installed.
    """
    import keras_hub  # Late: it takes half a second.

    if hugging_face.model_type(preset) == _CLIP:
        return _load(hugging_face_clip.load_backbone, preset)
    with hugging_face.as_read_by_keras_hub(preset) as source:
        return _load(keras_hub.models.Backbone.from_preset, source)


def load_tokenizer(preset):
    """Loads the tokenizer of a preset; see `load_backbone`."""
    import keras_hub

    if hugging_face.model_type(preset) == _CLIP:
        return _load(hugging_face_clip.load_tokenizer, preset)
    try:
        return _load(keras_hub.tokenizers.Tokenizer.from_preset, preset)
    except FileNotFoundError:
        if not hugging_face.model_type(preset):
            raise
    return _from_tokenizer_json(preset)


def load_image_converter(preset):
    """Loads the image converter of a preset; `None` if it has none."""
    import keras_hub

    if hugging_face.model_type(preset) == _CLIP:
        return _load(hugging_face_clip.load_image_converter, preset)
    try:
        return _load(keras_hub.layers.ImageConverter.from_preset, preset)
    except FileNotFoundError:  # A local folder with a backbone only.
        return None
    except ValueError as error:
        if "Unable to find a subclass" in str(error):  # There is no class.
            return None
        raise


def _from_tokenizer_json(preset):
    """Loads a tokenizer of byte pairs whose only file is `tokenizer.json`.

    KerasHub reads the files of earlier versions of transformers.
    """
    import keras_hub

    vocabulary, merges = hugging_face.byte_pairs(preset)
    config = hugging_face.read_json(preset, "config.json")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
        (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
        (folder / "merges.txt").write_text("\n".join(merges), "utf-8")
        return keras_hub.tokenizers.Tokenizer.from_preset(name)


def _load(function, preset):
    # A relative folder may have the name of a preset of KerasHub.
    folder = pathlib.Path(preset)
    source = folder.resolve() if folder.is_dir() else preset
    try:
        return function(str(source))
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"The preset {preset} is read by the package {error.name}, which "
            "is not installed. Install it with: pip install 'mmkeras[hub]'",
            name=error.name,
        ) from None
