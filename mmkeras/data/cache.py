"""Files decoded once.

They are arrays on disk (see `mmkeras.data.store`), found again by their names
and contents, and the codec.
"""

import collections
import hashlib
import itertools
import json
import os
from concurrent import futures

import numpy as np

from mmkeras.data import codecs
from mmkeras.data import files
from mmkeras.data.fingerprint import contents
from mmkeras.data.store import cached
from mmkeras.data.store import clear

__all__ = ["batches", "cached", "clear", "decoded"]

_DECODING = 2  # To be raised when a codec decodes a file differently.
_THREADS = min(max(os.cpu_count() or 2, 2), 8)  # Each decodes a batch.


def decoded(rows, codec, folder=None, progress=None, bad=None, batch_size=64):
    """Decodes the images or sounds of rows, or finds them decoded.

    Args:
        rows: List of dicts with `"id"` and `"image"`, a path or the bytes of
            the file that the codec reads.
        codec: A `codecs.Image` or `codecs.Audio`.
        folder: Where to keep the array; see `store.cached`.
        progress: Function of the files done and in all.
        bad: List to which `(row id, error)` of each file that cannot be
            read is added; it is all zeros. Without it, such a file is an
            error.
        batch_size: How many files to decode at a time.

    Returns:
        Array of shape `(rows, *codec.shape)` of the codec's dtype,
        memory-mapped.

    Raises:
        ValueError: If a file cannot be read and `bad` is None.
        OSError: If the disk is full.
    """
    paths = [row["image"] for row in rows]

    def make(array, start):
        for batch, errors in batches(paths, codec, start, batch_size):
            end = start + len(batch)
            array[start:end] = batch
            yield end, len(rows), named(rows[start:end], errors)
            start = end

    key = {"kind": "pixels", **key_of(rows, codec)}
    shape = (len(rows), *codec.shape)
    return cached(key, make, shape, codec.dtype, folder, progress, bad)


def batches(paths, codec, start=0, batch_size=64):
    """Decodes files batch by batch, some batches ahead.

    This is the quickest way to read files once, and keeps nothing.

    Args:
        paths: List of paths, or of the bytes of files.
        codec: A `codecs.Image` or `codecs.Audio`.
        start: int. First file to decode.
        batch_size: int.

    Yields:
        Tuples of what the codec reads, an array `(batch, *codec.shape)`, and
        errors, bytes `(batch,)`: why a file could not be read, or empty.
    """
    parts = (
        paths[i : i + batch_size] for i in range(start, len(paths), batch_size)
    )

    def decode(part):
        read, reasons = zip(*map(_read, part))
        decoded, errors = codec.read(read)
        named = zip(reasons, errors)
        errors = [reason.encode() or error for reason, error in named]
        return decoded, np.array(errors, object)

    # Not a data set: to begin one anew costs the codec's graph a second.
    with futures.ThreadPoolExecutor(_THREADS) as threads:
        ahead = collections.deque(
            threads.submit(decode, part)
            for part in itertools.islice(parts, _THREADS + 2)
        )
        while ahead:
            yield ahead.popleft().result()
            ahead.extend(
                threads.submit(decode, part)
                for part in itertools.islice(parts, 1)
            )


def _read(path):
    """The bytes of a file; or none, and why it cannot be read."""
    if isinstance(path, bytes):
        return path, ""
    try:
        return files.read(path), ""
    except ValueError as error:
        return b"", str(error)


def named(rows, errors):
    """List of `(row id, error)` of the rows that have an error, as bytes."""
    return [
        (row["id"], error.decode("utf-8"))
        for row, error in zip(rows, errors, strict=True)
        if error
    ]


def key_of(rows, codec):
    """Describes files, by their names and contents, and the codec.

    Nothing that tells of a file from outside is enough: those unpacked from
    archives may share names, sizes and times.

    Args:
        rows: As of `decoded`.
        codec: The codec that decodes them.

    Returns:
        Dict for `store.cached`.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("Expected at least one row. Received: rows=[]")
    return {
        "names": _hash([row["id"] for row in rows]),
        "files": _hash(contents(row["image"] for row in rows)),
        "codec": codecs.to_config(codec),
        "decoding": _DECODING,
    }


def _hash(values):
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
