"""Limits on how large a compressed file may become."""

_RATIO = 100
_MIN_LIMIT = 1 << 28  # Bytes that any file may unpack to: 256 MiB.


def largest(packed):
    """Returns the maximum unpacked size of a number of compressed bytes."""
    return max(_MIN_LIMIT, _RATIO * packed)


def check_ratio(unpacked, packed):
    """Raises an error if data unpacks to far more than real data does.

    Args:
        unpacked: int. Bytes after decompression.
        packed: int. Bytes of the compressed data.

    Raises:
        ValueError: If `unpacked` exceeds both 256 MiB and 100 times `packed`.
    """
    if unpacked > largest(packed):
        raise ValueError(
            f"{packed:,} compressed bytes unpack to at least {unpacked:,}; "
            f"expected at most {_RATIO} times as many"
        )


def check_archive(archive):
    """Raises an error if `check_ratio` does for a member of a ZIP archive.

    Args:
        archive: A `zipfile.ZipFile`.

    Raises:
        ValueError: If there is such a member; the error names it.
    """
    for member in archive.infolist():
        try:
            check_ratio(member.file_size, member.compress_size)
        except ValueError as error:
            raise ValueError(f"{member.filename}: {error}") from error
