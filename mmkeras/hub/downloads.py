"""Downloads from the Hugging Face Hub."""

import pathlib

HUGGING_FACE = "hf://"


def download(handle, patterns):
    """Downloads files from the Hugging Face Hub, once.

    Args:
        handle: `hf://user/name`, or `hf://user/name@revision`.
        patterns: List of patterns of the names of the files.

    Returns:
        Their folder, a `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is no such repository.
        OSError: If it cannot be downloaded.
    """
    import huggingface_hub  # Late: it takes half a second.
    from huggingface_hub import errors

    name, _, revision = handle.removeprefix(HUGGING_FACE).partition("@")
    try:
        folder = huggingface_hub.snapshot_download(
            name,
            revision=revision or None,
            allow_patterns=patterns,
            library_name="mmkeras",
        )
    except (
        errors.HFValidationError,
        errors.RepositoryNotFoundError,
        errors.RevisionNotFoundError,
    ) as error:
        raise FileNotFoundError(
            f"There is no preset {handle}, or it is private: expected "
            "hf://USER/NAME or hf://USER/NAME@REVISION. For a private one, "
            "log in with `hf auth login`."
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise OSError(
            f"{handle} could not be downloaded ({error}). Check the network, "
            "or give the folder of a copy."
        ) from error
    return pathlib.Path(folder)
