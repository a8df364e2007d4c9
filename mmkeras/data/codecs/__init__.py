"""Codecs: encode raw values as tensors, in `tf.data` or a SavedModel."""

import inspect

from mmkeras.data.codecs.audio import Audio
from mmkeras.data.codecs.audio_windows import AudioWindows
from mmkeras.data.codecs.byte_pairs import BytePairs
from mmkeras.data.codecs.dialogue import Dialogue
from mmkeras.data.codecs.features import Features
from mmkeras.data.codecs.groups import Groups
from mmkeras.data.codecs.image import Image
from mmkeras.data.codecs.labels import Labels
from mmkeras.data.codecs.pretrained_tokens import of_preset
from mmkeras.data.codecs.sentence_pieces import SentencePieces
from mmkeras.data.codecs.subwords import Subwords
from mmkeras.data.codecs.tabular import Tabular
from mmkeras.data.codecs.text import Text
from mmkeras.data.codecs.token_dialogue import TokenDialogue
from mmkeras.data.codecs.video import Video
from mmkeras.data.codecs.word_pieces import WordPieces

# A fixed table: a file can name only these codecs.
_CODECS = {
    cls.__name__: cls
    for cls in (
        Audio,
        AudioWindows,
        BytePairs,
        Dialogue,
        Features,
        Groups,
        Image,
        Labels,
        SentencePieces,
        Subwords,
        Tabular,
        Text,
        TokenDialogue,
        Video,
        WordPieces,
    )
}
# Names of classes and arguments in configurations of earlier versions.
_RENAMED = {"Answers": "Text", "Turns": "Dialogue", "Words": "Text"}
_RENAMED_ARGUMENTS = {
    "Audio": {"rate": "sample_rate", "seconds": "max_seconds"},
    "Labels": {"others": "allow_unknown"},
}
_EARLIER_DIALOGUE = "WordPieceDialogue"


def to_config(codec) -> dict:
    """Describes a codec by JSON values.

    Args:
        codec: An instance of a class of this package.

    Returns:
        Dict with the class's name and its arguments, for `from_config`.

    Raises:
        ValueError: If the codec is of another class.
    """
    for name, cls in _CODECS.items():
        if type(codec) is cls:
            return {"name": name, "config": codec.get_config()}
    raise ValueError(
        f"`codec` must be one of {', '.join(_CODECS)}. Received: {codec!r}"
    )


def from_config(config: dict):
    """Creates a codec from its configuration.

    Only codecs of this package are created, and no code is looked up by name,
    so untrusted configurations are safe.

    Args:
        config: Dict with `"name"` and `"config"`, as from `to_config`.

    Returns:
        The codec.

    Raises:
        ValueError: If it is not a configuration of one of these codecs.
    """
    if isinstance(config, dict) and config.get("name") == _EARLIER_DIALOGUE:
        config = _of_earlier_dialogue(config)
    name = config.get("name") if isinstance(config, dict) else None
    name = _RENAMED.get(name, name) if isinstance(name, str) else None
    cls = _CODECS.get(name)
    if cls is None:
        raise ValueError(
            "Expected the configuration of a codec, with a `name` of "
            f"{', '.join(_CODECS)}. Received: {config!r}"
        )
    parameters = inspect.signature(cls).parameters
    values = config.get("config")
    if isinstance(values, dict):
        renamed = _RENAMED_ARGUMENTS.get(name, {})
        values = {renamed.get(key, key): v for key, v in values.items()}
    if not isinstance(values, dict) or not set(values) <= set(parameters):
        raise ValueError(
            f"The configuration of a codec {name!r} has the keys "
            f"{', '.join(parameters)}. Received: {values!r}"
        )
    return cls.from_config(values)


def _of_earlier_dialogue(config):
    """The configuration of a `TokenDialogue` of word pieces."""
    words = dict(config.get("config") or {})
    turns = words.pop("turns", None)
    words = {"name": WordPieces.__name__, "config": words}
    return {
        "name": TokenDialogue.__name__,
        "config": {"words": words, "turns": turns},
    }
