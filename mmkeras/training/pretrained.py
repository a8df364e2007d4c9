"""The pretrained networks of a configuration, one per branch."""

import dataclasses
import pathlib

from mmkeras import branches
from mmkeras import registry
from mmkeras.data import codecs

IMAGENET = "imagenet"
_APPLICATION, _YAMNET, _HUB = "application", "yamnet", "hub"
_MOBILENET = "MobileNetV2"
_APPLICATION_SIZE = 224
OWN = "cnn"  # Instead of a pretrained network.
_OWN_NAME = "or cnn, the network of the architecture, trained from scratch"
# What a branch's network may be, by modality.
_IMAGE_NAMES = (
    "the file of weights of MobileNetV2, or imagenet to download them; "
    "application:NETWORK:WEIGHTS of keras.applications; hub:PRESET of "
    f"KerasHub; {_OWN_NAME}"
)
NAMES = {
    "image": _IMAGE_NAMES,
    "video": f"a network of images, run on each frame: {_IMAGE_NAMES}",
    "audio": "yamnet:WEIGHTS; hub:PRESET of KerasHub (Whisper, Moonshine); "
    f"{_OWN_NAME}",
    "text": "hub:PRESET of KerasHub (BERT, RoBERTa, XLM-R, CLIP and others)",
}
_OF_IMAGES = ("image", "video")
_KINDS = {
    "image": (_APPLICATION, _HUB),
    "video": (_APPLICATION, _HUB),
    "audio": (_YAMNET, _HUB),
    "text": (_HUB,),
}


@dataclasses.dataclass(frozen=True)
class Network:
    """A pretrained network for a branch.

    Attributes:
        modality: `"image"`, `"video"`, `"audio"` or `"text"`.
        kind: `"application"`, `"yamnet"` or `"hub"`.
        name: Name of the network of `keras.applications`; or the preset: a
            name of KerasHub, a handle (`hf://...`, `kaggle://...`), or the
            folder of a preset of KerasHub or of a model of Hugging Face.
        weights: File of weights, or `"imagenet"`; `None` for presets.
    """

    modality: str
    kind: str
    name: str
    weights: str | None = None

    @property
    def file(self):
        """Path of the file of weights, or `None` if it is downloaded."""
        if self.kind != _HUB:
            return None if self.weights == IMAGENET else self.weights
        names = ("model.weights.h5", "model.safetensors")
        paths = [pathlib.Path(self.name, name) for name in names]
        return next((str(path) for path in paths if path.is_file()), None)

    @property
    def image_size(self):
        """Height and width of images, in pixels, that a network expects."""
        if self.kind != _HUB:
            return _APPLICATION_SIZE
        return branches.image.preset_size(self.name) or _APPLICATION_SIZE


def parse(text, field, modality):
    """Reads the name of a pretrained network.

    Args:
        text: `"application:NETWORK:WEIGHTS"`, `"yamnet:WEIGHTS"`,
            `"hub:PRESET"`; or, for images and videos, `"WEIGHTS"` of
            MobileNetV2 alone.
        field: Name of the builder's argument, for the error.
        modality: `"image"`, `"video"`, `"audio"` or `"text"`.

    Returns:
        A `Network`.

    Raises:
        ValueError: If the modality has no such network, or if weights are
            missing.
    """
    kind, _, rest = text.partition(":")
    if kind not in (_APPLICATION, _YAMNET, _HUB):
        kind, rest = _APPLICATION, f"{_MOBILENET}:{text}"
    name, _, weights = rest.partition(":")
    if kind == _HUB:
        name, weights = rest, None
    elif kind == _YAMNET:
        name, weights = _YAMNET, rest
    elif ":" not in rest:
        weights = IMAGENET
    if kind not in _KINDS[modality] or not name or weights == "":
        raise ValueError(
            f"`model.{field}` must be {NAMES[modality]}. "
            f"Received: model.{field}={text}"
        )
    return Network(modality, kind, name, weights)


def modalities(architecture):
    """Finds the branches of an architecture that can be replaced.

    Args:
        architecture: Name of an architecture.

    Returns:
        Dict from the builder's arguments to modalities, see `modality`.
    """
    entry = registry.get(architecture)
    inputs = entry.smallest_model.input
    return {
        name: modality(inputs[name])
        for name, default in entry.arguments.items()
        if default is None and name in inputs
    }


def without_own(architecture, values):
    """Leaves out the branches that are the architecture's own.

    Args:
        architecture: Name of the architecture.
        values: Dict of arguments of its builder.

    Returns:
        The dict without the branches, except of texts, named `"cnn"`, and
        without arguments of `None`: both are defaults.
    """
    replaceable = modalities(architecture)
    return {
        key: value
        for key, value in values.items()
        if value is not None and not _is_own(value, replaceable.get(key))
    }


def of(architecture, recipe):
    """Returns the pretrained networks in a recipe.

    Args:
        architecture: Name of the architecture.
        recipe: A `recipes.Recipe`.

    Returns:
        Dict from fields to `Network`s.

    Raises:
        ValueError: If the architecture has no such branch, or as of `parse`.
    """
    replaceable = modalities(architecture)
    names = {
        field: value
        for field, value in recipe.model.items()
        if field in {*NAMES, *replaceable} and isinstance(value, str)
    }
    for field, value in names.items():
        if field not in replaceable:
            raise ValueError(
                f"{architecture} has no {field} branch that can be replaced "
                "by a pretrained network. Received: "
                f"model.{field}={value!r}"
            )
    return {
        field: parse(value, field, replaceable[field])
        for field, value in names.items()
    }


def portable(text):
    """Reduces the path in the name of a network to its last part."""
    if "://" in text:
        return text
    prefix, _, weights = text.rpartition(":")
    name = pathlib.PurePath(weights).name
    return f"{prefix}:{name}" if prefix else name


def fine_tuned(networks, fine_tune):
    """Determines which networks are fine-tuned.

    Args:
        networks: Dict as of `of`.
        fine_tune: `"all"`, the name of a branch, or that of a layer of the
            image network; or `None`.

    Returns:
        Dict from fields to `True`, for all of a network, the name of the
        layer from which on it is fine-tuned, or `False`.

    Raises:
        ValueError: If a layer is named, but no network has layers by name.
    """
    if not networks or fine_tune in (None, "all"):
        return dict.fromkeys(networks, fine_tune == "all")
    if fine_tune in networks:
        return {field: field == fine_tune for field in networks}
    tuned = {
        field: fine_tune if network.modality in _OF_IMAGES else False
        for field, network in networks.items()
    }
    if not any(tuned.values()):
        raise ValueError(
            "`train.fine_tune` must be all or one of the branches "
            f"{', '.join(networks)}; a layer can be named only of networks of "
            f"images and videos. Received: train.fine_tune={fine_tune}"
        )
    return tuned


def adapted(networks, fine_tune):
    """Determines which networks are adapted by LoRA.

    Args:
        networks: Dict as of `of`.
        fine_tune: `"all"`, the name of a branch; or `None` for all networks
            of KerasHub.

    Returns:
        List of fields.

    Raises:
        ValueError: If `fine_tune` is the name of a layer, or if no network
            can be adapted.
    """
    chosen = [fine_tune] if fine_tune in networks else list(networks)
    if fine_tune not in (None, "all", *networks):
        raise ValueError(
            "With `train.lora`, `train.fine_tune` must be all or one of the "
            f"branches {', '.join(networks)}. Received: "
            f"train.fine_tune={fine_tune}"
        )
    fields = [field for field in chosen if networks[field].kind == _HUB]
    if not fields:
        raise ValueError(
            f"{', '.join(chosen)}: `train.lora` adapts networks of KerasHub "
            "alone. Name one in the key of a branch, e.g. "
            "model.text=hub:PRESET, or leave out train.lora."
        )
    return fields


def fixed_codecs(networks, rows, max_length):
    """Makes the codecs that belong to pretrained text networks.

    Args:
        networks: Dict as of `of`.
        rows: Training rows; for models of sequences, one per group.
        max_length: Maximum number of ids of a text, or of a dialogue turn.

    Returns:
        Dict from fields to codecs.
    """
    fixed = {}
    for field, network in networks.items():
        if network.modality != "text":
            continue
        words = codecs.of_preset(network.name, max_length)
        values = [row[field] for row in rows if row.get(field) is not None]
        if values and isinstance(values[0], list):
            words = codecs.TokenDialogue.from_dialogues(words, values)
        fixed[field] = words
    return fixed


def branch(network, codec, tune, recipe):
    """Builds the branch of a pretrained network.

    Args:
        network: A `Network`.
        codec: The codec of its input.
        tune: As of `fine_tuned`.
        recipe: A `recipes.Recipe`.

    Returns:
        A `keras.Model`.
    """
    if network.modality == "text":
        text = branches.text.hub(
            network.name,
            codec.network_padding,
            tune,
            codec.shape[-1],
            codec.network_offset,
        )
        is_dialogue = len(codec.shape) == 2
        return (
            branches.utterances.means(text, codec.shape)
            if is_dialogue
            else text
        )
    if network.kind == _YAMNET:
        return branches.audio.yamnet(codec.shape, network.weights, tune)
    if network.modality == "audio":
        return branches.audio.hub(network.name, codec.shape, tune)
    if network.modality == "video":
        images = _image_branch(network, codec.shape[1:], tune, pooled=True)
        return branches.video.each_frame(images, codec.shape[0])
    return _image_branch(
        network, codec.shape, tune, recipe.pool_image, recipe.cache_at
    )


def _image_branch(network, shape, tune, pooled, cache_at=None):
    if network.kind == _HUB:
        return branches.image.hub(
            network.name, trainable=tune, shape=shape, pooled=pooled
        )
    return branches.image.application(
        network.name, shape, network.weights, tune, pooled, cache_at
    )


def _is_own(value, modality):
    is_name = isinstance(value, str) and value == OWN
    return is_name and modality in ("image", "video", "audio")


def modality(tensor):
    """The modality of an input: `"image"`, `"video"`, `"audio"` or `"text"`."""
    if "int" in tensor.dtype:
        return "text"
    return {4: "image", 5: "video"}.get(len(tensor.shape), "audio")
