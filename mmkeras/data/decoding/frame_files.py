"""Videos as image files, one per frame: a folder, or a ZIP archive."""

import io
import os
import re
import zipfile
import zlib

from mmkeras.data import files
from mmkeras.files import sizes

MAGIC = b"PK"
_DIGITS = re.compile(r"(\d+)")
_READ_ERRORS = (
    NotImplementedError,
    OSError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def names(folder):
    """Lists the image files in a folder.

    Args:
        folder: Path of the folder.

    Returns:
        List of paths in the order of names, in which numbers count as
        numbers: `2.png` comes before `10.png`.
    """
    return _in_order(
        entry.path for entry in os.scandir(folder) if entry.is_file()
    )


def pack(frames):
    """Packs image files into an archive.

    Args:
        frames: List of the bytes or paths of image files, in order.

    Returns:
        The bytes of a ZIP archive, the same for the same frames.

    Raises:
        ValueError: If a file cannot be read.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, frame in enumerate(frames):
            name = f"{number:06}.img"
            if not isinstance(frame, bytes):
                path, name = os.fspath(frame), f"{number:06} {_base(frame)}"
                try:
                    frame = files.read(path)
                except ValueError as error:
                    raise ValueError(f"{path}: {error}") from error
            archive.writestr(zipfile.ZipInfo(name), frame)
    return buffer.getvalue()


def unpack(data, choose):
    """Reads chosen frames of an archive.

    Args:
        data: The bytes of a ZIP archive of image files, in the order of names
            as of `names`.
        choose: Function of the number of frames to the indices of some.

    Returns:
        Dict from the names of the chosen files to their bytes, in order; and
        the index in it of each choice.

    Raises:
        ValueError: If it is damaged, or has no images.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes.check_archive(archive)
            members = _in_order(archive.namelist(), (".img", *files.IMAGES))
            if not members:
                raise ValueError("a ZIP archive without images")
            places = [int(place) for place in choose(len(members))]
            chosen = sorted(set(places))
            frames = {members[i]: archive.read(members[i]) for i in chosen}
    except _READ_ERRORS as error:
        raise ValueError(f"corrupt ZIP archive: {error}") from error
    return frames, [chosen.index(place) for place in places]


def _in_order(paths, suffixes=files.IMAGES):
    images = [path for path in paths if path.lower().endswith(suffixes)]
    images = [path for path in images if not _base(path).startswith(".")]
    return sorted(images, key=_natural)


def _natural(path):
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in _DIGITS.split(path)
    ]


def _base(path):
    return os.path.basename(os.fspath(path))
