"""Pretrained networks in the folder `$MMKERAS_PRETRAINED`."""

import json
import os
import pathlib

from mmkeras.training import pretrained

VARIABLE = "MMKERAS_PRETRAINED"
# Beginnings of files of weights, and of `model_type` or `class_name` in the
# `config.json` of presets; the first one of a modality is preferred.
_FILES = {
    "image": ("mobilenet", ""),
    "video": ("mobilenet", ""),
    "audio": ("yamnet", "yamnet:"),
}
_IMAGES = ("efficientnet", "resnet", "mobilenet", "vit")
_PRESETS = {
    "text": (
        *("bert", "distilbert", "distil_bert", "electra", "roberta"),
        *("albert", "debertav3", "xlmroberta", "xlm-roberta"),
    ),
    "image": _IMAGES,
    "video": _IMAGES,
    "audio": ("whisper", "moonshine"),
}


def find(folder=None):
    """Finds pretrained networks.

    Args:
        folder: A folder of files of weights and of presets; by default that
            which `$MMKERAS_PRETRAINED` names.

    Returns:
        Dict from modalities to lists of names as of `pretrained.parse`; empty
        without a folder.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    folder = folder or os.environ.get(VARIABLE)
    if not folder:
        return {}
    path = pathlib.Path(folder).absolute()
    if not path.is_dir():
        raise FileNotFoundError(f"{VARIABLE} names no folder: {folder}")
    names = {}
    for entry in sorted(path.iterdir()):
        for modality in pretrained.NAMES:
            name = _name(entry, modality)
            if name:
                names.setdefault(modality, []).append(name)
    return {k: sorted(v, key=_is_preset) for k, v in names.items()}


def choose(architecture, rows, given):
    """Chooses networks for the branches that the user did not name.

    Args:
        architecture: Name of an architecture.
        rows: Training rows.
        given: Dict of keys of a configuration.

    Returns:
        Tuple of a dict of further keys, `"model.<field>"`, and a line that
        says what was chosen and why.
    """
    available, chosen, words = find(), {}, []
    for field, modality in pretrained.modalities(architecture).items():
        key = f"model.{field}"
        if not any(row.get(field) is not None for row in rows):
            continue
        names = available.get(modality, [])
        if key in given:
            words.append(f"{field}: {given[key]}, as given")
        elif names:
            chosen[key] = names[0]
            others = ", ".join(map(pretrained.portable, names[1:]))
            others = f" (others there: {others})" if others else ""
            words.append(f"{field}: {key}={names[0]}{others}")
        else:
            words.append(f"{field}: trained from scratch")
    if any(row.get("features") is not None for row in rows):
        words.append("features: as they are")
    if any(row.get("tabular") is not None for row in rows):
        words.append("numbers and categories: standardised and one-hot")
    source = os.environ.get(VARIABLE)
    where = (
        f"pretrained networks are those in {VARIABLE}={source}"
        if source
        else f"{VARIABLE} names no folder of pretrained networks"
    )
    return chosen, (
        f"{architecture} takes the columns there are. {'; '.join(words)}; "
        f"{where}."
    )


def _is_preset(name):
    return name.startswith("hub:")


def _name(path, modality):
    """Name of the network in a file or folder; `None` if there is none."""
    start, prefix = _FILES.get(modality, (None, None))
    if path.is_file() and start and path.suffix in (".npz", ".h5"):
        is_network = path.name.lower().startswith(start)
        return f"{prefix}{path}" if is_network else None
    if path.is_dir() and _kind(path).startswith(_PRESETS[modality]):
        return f"hub:{path}"
    return None


def _kind(path):
    """Kind of the preset in a folder, in lower case, or `""`."""
    try:
        config = json.loads((path / "config.json").read_bytes())
        kind = config.get("model_type") or config.get("class_name")
    except (OSError, ValueError, AttributeError):
        return ""
    return str(kind or "").lower()
