"""Limits on how large a compressed file may become."""

_RATIO = 100
_ALWAYS = 1 << 28  # Bytes that any file may unpack to: 256 MiB.


def largest(packed):
    """The most bytes that so many compressed bytes may unpack to."""
    return max(_ALWAYS, _RATIO * packed)


def check_ratio(unpacked, packed):
    """Refuses data that unpacks to far more than any real data does.

    Args:
        unpacked: int. Bytes after decompression.
        packed: int. Bytes of the compressed data.

    Raises:
        ValueError: If there are more than 256 MiB, and more than 100 for
            each compressed byte.
    """
    if unpacked > largest(packed):
        raise ValueError(
            f"{packed:,} compressed bytes unpack to at least {unpacked:,}; "
            f"expected at most {_RATIO} times as many"
        )


def check_archive(archive):
    """Refuses a ZIP archive with a member that `check_ratio` refuses.

    Args:
        archive: A `zipfile.ZipFile`.

    Raises:
        ValueError: If there is one; the error names it.
    """
    for member in archive.infolist():
        try:
            check_ratio(member.file_size, member.compress_size)
        except ValueError as error:
            raise ValueError(f"{member.filename}: {error}") from error
