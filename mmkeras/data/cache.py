"""Cached arrays of decoded files.

The arrays are stored on disk (see `mmkeras.data.store`) under a key of the
files' names and contents, and of the codec.
"""

import collections
import hashlib
import itertools
import json
import math
import os
from concurrent import futures

import numpy as np

from mmkeras.data import codecs
from mmkeras.data.fingerprint import contents
from mmkeras.data.store import cached
from mmkeras.data.store import clear

__all__ = ["batches", "cached", "clear", "decoded"]

_DECODING = 2  # Increase when a codec decodes a file differently.
_THREADS = min(max(os.cpu_count() or 2, 2), 8)  # Each decodes a batch.
_BATCH_BYTES = 1 << 26  # Of one decoded batch: videos are large.


def decoded(
    rows, codec, folder=None, progress=None, errors=None, batch_size=64
):
    """Decodes the images or audio of rows, or loads them from the cache.

    Args:
        rows: List of dicts with `"id"` and `"image"`, a path or the bytes of
            the file that the codec reads.
        codec: A codec of files, such as `codecs.Image`.
        folder: Folder of the array; see `store.cached`.
        progress: Function of the number of files done and the total.
        errors: List to which `(row id, error)` of each file that cannot be
            read is added; its array is zeros. `None` to raise an error.
        batch_size: int. Number of files to decode at a time.

    Returns:
        Array of shape `(rows, *codec.shape)` of the codec's dtype,
        memory-mapped.

    Raises:
        ValueError: If a file cannot be read and `errors` is None.
        OSError: If the disk is full.
    """
    paths = [row["image"] for row in rows]

    def make(array, start):
        for batch, reasons in batches(paths, codec, start, batch_size):
            end = start + len(batch)
            array[start:end] = batch
            yield end, len(rows), row_errors(rows[start:end], reasons)
            start = end

    key = {"kind": "pixels", **key_of(rows, codec)}
    shape = (len(rows), *codec.shape)
    return cached(key, make, shape, codec.dtype, folder, progress, errors)


def batches(paths, codec, start=0, batch_size=64):
    """Decodes files batch by batch, some batches in advance.

    This is the fastest way to read files once; nothing is cached.

    Args:
        paths: List of paths, or of the bytes of files.
        codec: A codec of files, such as `codecs.Image`.
        start: int. First file to decode.
        batch_size: int. Maximum size of a batch; less if values are large.

    Yields:
        Tuples of decoded files, an array `(batch, *codec.shape)`, and errors,
        bytes `(batch,)`, empty where a file could be read.
    """
    batch_size = _fitting(codec, batch_size)
    parts = (
        paths[i : i + batch_size] for i in range(start, len(paths), batch_size)
    )

    def decode(part):
        pairs = [_read(path, codec) for path in part]
        contents, reasons = zip(*pairs)
        arrays, errors = codec.read(contents)
        pairs = zip(reasons, errors)
        errors = [reason.encode() or error for reason, error in pairs]
        return arrays, np.array(errors, object)

    # Not a `tf.data.Dataset`, which would trace the codec's graph each time.
    with futures.ThreadPoolExecutor(_THREADS) as threads:
        queue = collections.deque(
            threads.submit(decode, part)
            for part in itertools.islice(parts, _THREADS + 2)
        )
        while queue:
            yield queue.popleft().result()
            queue.extend(
                threads.submit(decode, part)
                for part in itertools.islice(parts, 1)
            )


def encoded(values, codec, start=0, batch_size=64):
    """Encodes values that are not in files, batch by batch.

    Args:
        values: List of raw values.
        codec: Their codec.
        start: int. First value to encode.
        batch_size: int.

    Yields:
        As `batches`.
    """
    for i in range(start, len(values), batch_size):
        packed, errors = codec.try_pack(values[i : i + batch_size])
        x, _, reasons = codec.encode(packed)
        pairs = zip(errors, reasons.numpy())
        errors = [error.encode() or reason for error, reason in pairs]
        yield x.numpy(), np.array(errors, object)


def _fitting(codec, batch_size):
    """Reduces a batch size so that the decoded values fit in memory."""
    if None in codec.shape:
        return batch_size
    size = math.prod(codec.shape) * np.dtype(codec.dtype).itemsize
    return max(min(batch_size, _BATCH_BYTES // size), 1)


def _read(path, codec):
    """Returns the bytes of a file and its error, one of them empty."""
    if isinstance(path, bytes):
        return path, ""
    try:
        return codec.read_file(path), ""
    except ValueError as error:
        return b"", str(error)


def row_errors(rows, errors):
    """Lists `(row id, error)` of the rows with an error.

    Args:
        rows: As of `decoded`.
        errors: As of `batches`.
    """
    return [
        (row["id"], error.decode("utf-8"))
        for row, error in zip(rows, errors, strict=True)
        if error
    ]


def key_of(rows, codec):
    """Returns the cache key of files: names, contents and codec.

    Contents are hashed, because files unpacked from different archives may
    have equal names, sizes and times.

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
        "files": _hash(_contents([row["image"] for row in rows], codec)),
        "codec": codecs.to_config(codec),
        "decoding": _DECODING,
    }


def _contents(values, codec):
    return contents(values) if codec.in_file else list(map(repr, values))


def _hash(values):
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
