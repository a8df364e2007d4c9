"""Loads presets of KerasHub.

A preset is a name, a handle (`hf://...`, `kaggle://...`), or the folder of a
preset of KerasHub or of a model of Hugging Face.
"""


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

    return _load(keras_hub.models.Backbone, preset)


def load_tokenizer(preset):
    """Loads the tokenizer of a preset; see `load_backbone`."""
    import keras_hub

    return _load(keras_hub.tokenizers.Tokenizer, preset)


def _load(cls, preset):
    try:
        return cls.from_preset(str(preset))
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"The preset {preset} is read by the package {error.name}, which "
            "is not installed. Install it with: pip install 'mmkeras[hub]'",
            name=error.name,
        ) from None
