"""Reads files of models of Hugging Face, from a folder or the hub."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile

HANDLE = "hf://"
WEIGHTS = "model.safetensors"
# By type of model: how the names of weights begin that KerasHub reads. Those
# of a base model, such as `RobertaModel`, lack it.
_PREFIXES = {
    "albert": "albert.",
    "distilbert": "distilbert.",
    "roberta": "roberta.",
    "vit": "vit.",
}


def file(preset, name):
    """Finds a file of a model; it is downloaded if necessary.

    Args:
        preset: A folder, or `hf://user/name`.
        name: Name of the file.

    Returns:
        Its path, or `None` if the model has no such file, or the preset is of
        another kind.
    """
    text = os.fspath(preset)
    if not text.startswith(HANDLE):
        path = pathlib.Path(text, name)
        return path if path.is_file() else None
    import huggingface_hub  # Late: it takes half a second.
    from huggingface_hub import errors

    user, _, revision = text.removeprefix(HANDLE).partition("@")
    try:
        path = huggingface_hub.hf_hub_download(
            user, name, revision=revision or None
        )
    except errors.EntryNotFoundError:
        return None
    return pathlib.Path(path)


def read_json(preset, name):
    """Reads a JSON file of a model; an empty dict if there is none."""
    path = file(preset, name)
    return {} if path is None else json.loads(path.read_text("utf-8"))


def model_type(preset):
    """The type of a model, such as `"clip"`; `""` for other presets."""
    return read_json(preset, "config.json").get("model_type", "")


def byte_pairs(preset):
    """Reads the vocabulary and the merges of a tokenizer of byte pairs.

    Args:
        preset: As of `file`.

    Returns:
        Tuple of a dict from tokens to ids, and a list of pairs of tokens
        separated by a space.

    Raises:
        FileNotFoundError: If the model has neither `vocab.json` with
            `merges.txt` nor a `tokenizer.json` of byte pairs.
    """
    merges = file(preset, "merges.txt")
    vocabulary = read_json(preset, "vocab.json")
    if vocabulary and merges:
        lines = merges.read_text("utf-8").split("\n")
        return vocabulary, [
            x.rstrip("\r") for x in lines if x and not x.startswith("#version")
        ]
    tokenizer = read_json(preset, "tokenizer.json")
    model = tokenizer.get("model", {})
    if model.get("type") != "BPE":
        raise FileNotFoundError(
            f"{preset} has no tokenizer of byte pairs: expected vocab.json and "
            "merges.txt, or tokenizer.json. Save it with "
            "`tokenizer.save_pretrained(folder)`."
        )
    pairs = [x if isinstance(x, str) else " ".join(x) for x in model["merges"]]
    added = tokenizer.get("added_tokens", [])
    return model["vocab"] | {x["content"]: x["id"] for x in added}, pairs


@contextlib.contextmanager
def as_read_by_keras_hub(preset):
    """Renames the weights of a base model for KerasHub.

    Args:
        preset: As of `file`, or any other preset.

    Yields:
        The preset; or a temporary folder, if its weights had to be renamed.
    """
    prefix = _PREFIXES.get(model_type(preset))
    path = file(preset, WEIGHTS) if prefix else None
    if path is None:
        yield preset
        return
    with open(path, "rb") as source:
        size = int.from_bytes(source.read(8), "little")
        header = json.loads(source.read(size))
        if any(name.startswith(prefix) for name in header):
            yield preset
            return
        metadata = {"__metadata__": header.pop("__metadata__", {})}
        names = {f"{prefix}{name}": part for name, part in header.items()}
        header = json.dumps({**metadata, **names}).encode()
        with tempfile.TemporaryDirectory() as folder:
            config = file(preset, "config.json")
            shutil.copy(config, pathlib.Path(folder, "config.json"))
            with open(pathlib.Path(folder, WEIGHTS), "wb") as target:
                target.write(len(header).to_bytes(8, "little") + header)
                shutil.copyfileobj(source, target)
            yield folder
