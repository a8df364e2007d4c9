"""Pictures decoded once, and features that a frozen branch made of them once.

Both are arrays on disk (see `mmkeras.data.store`), found again by the
pictures' names, sizes and times of change, the codec, and the branch's
layers and weights.
"""

import collections
import hashlib
import itertools
import json
import os
import pathlib
from concurrent import futures

import keras
import numpy as np
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data.store import cached
from mmkeras.data.store import clear
from mmkeras.data.views import check as check_views
from mmkeras.data.views import show

__all__ = ["batches", "cached", "clear", "features", "pixels"]

_THREADS = min(max(os.cpu_count() or 2, 2), 8)  # Each decodes a batch.
_FEW = 4  # Pictures that a core runs a branch on at a time.
_MOST_CONSTANTS = 200_000_000  # A graph holds at most 2 GB.


def pixels(rows, codec, folder=None, progress=None, bad=None, batch_size=64):
    """Decodes the pictures of rows, or finds them decoded.

    Args:
        rows: List of dicts with `"id"` and `"image"`, a path.
        codec: A `codecs.Image`.
        folder: Where to keep the array; see `store.cached`.
        progress: Function of the pictures done and in all.
        bad: List to which `(row id, error)` of each picture that cannot be
            read is added; it is black. Without it, such a picture is an
            error.
        batch_size: How many pictures to decode at a time.

    Returns:
        uint8 array of shape `(rows, height, width, 3)`, memory-mapped.

    Raises:
        ValueError: If a picture cannot be read and `bad` is None.
        OSError: If the disk is full.
    """
    files = [row["image"] for row in rows]

    def make(array, start):
        for batch, errors in batches(files, codec, start, batch_size):
            end = start + len(batch)
            array[start:end] = batch
            yield end, len(rows), _named(rows[start:end], errors)
            start = end

    key = {"kind": "pixels", **_key(rows, codec)}
    shape = (len(rows), *codec.shape)
    return cached(key, make, shape, "uint8", folder, progress, bad)


def features(
    branch,
    rows,
    codec,
    views=("plain", "mirror"),
    folder=None,
    progress=None,
    bad=None,
    batch_size=64,
    stem=None,
):
    """Runs a frozen branch over the pictures of rows, or finds the result.

    Args:
        branch: A `keras.Model` from pixels in [0, 1], `(batch, height, width,
            3)`, to `(batch, length, dim)` or other features of one size.
        rows: List of dicts with `"id"` and `"image"`, a path.
        codec: A `codecs.Image` of the branch's size.
        views: What to show it, by names; see `mmkeras.data.views.show`.
        folder: Where to keep the array; see `store.cached`.
        progress: Function of the pictures done and in all.
        bad: List to which `(row id, error)` of each picture that cannot be
            read is added; it is taken for black. Without it, such a picture
            is an error.
        batch_size: How many pictures go through the branch at a time.
        stem: Name of a layer of the branch. What the branch makes up to it is
            kept as well, for any that begins alike, and read from there.

    Returns:
        float16 array of shape `(views, rows, length, dim)`, or whatever the
        branch gives, memory-mapped.

    Raises:
        ValueError: If the codec does not fit the branch, a view is unknown,
            the features are beyond float16, or a picture cannot be read and
            `bad` is None.
        OSError: If the disk is full.
    """
    _check(branch, codec, views)

    def make(array, start):
        run = _runner(branch)
        files = [row["image"] for row in rows]
        for batch, errors in batches(files, codec, start, batch_size):
            end = start + len(batch)

            def look(view, i, j, batch=batch, first=start):
                some = batch[i - first : j - first]
                return codec.scale(show(views[view], some, i))

            _fill(array, start, end, run, look)
            yield end, len(rows), _named(rows[start:end], errors)
            start = end

    def make_rest(array, start):
        cut = branch.get_layer(stem).output
        first, errors = keras.Model(branch.input, cut), []
        made = features(
            first, rows, codec, views, folder, progress, errors, batch_size
        )
        run = _runner(keras.Model(cut, branch.output))
        errors = [] if start else errors  # They are known by then.
        while start < len(rows):
            end = min(start + batch_size, len(rows))
            _fill(
                *(array, start, end, run),
                lambda view, i, j: np.float32(made[view, i:j]),
            )
            yield end, len(rows), errors
            start, errors = end, []

    key = {
        "kind": "features",
        "branch": _fingerprint(branch),
        "views": list(views),
        **_key(rows, codec),
    }
    shape = (len(views), len(rows), *branch.output_shape[1:])
    fill = make_rest if stem else make
    return cached(key, fill, shape, "float16", folder, progress, bad)


def batches(files, codec, start=0, batch_size=64):
    """Decodes files batch by batch, some batches ahead.

    This is the quickest way to read files once, and keeps nothing.

    Args:
        files: List of paths, or of the bytes of files.
        codec: A `codecs.Image` or `codecs.Audio`.
        start: int. First file to decode.
        batch_size: int.

    Yields:
        Tuples of what the codec reads, an array `(batch, *codec.shape)`, and
        errors, bytes `(batch,)`: why a file could not be read, or empty.
    """
    parts = (
        files[i : i + batch_size] for i in range(start, len(files), batch_size)
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
    if not os.path.isfile(path):
        return b"", "no file" if os.path.exists(path) else "no such file"
    try:
        return pathlib.Path(path).read_bytes(), ""
    except OSError as error:
        return b"", error.strerror.lower()


def _check(branch, codec, views):
    check_views(views)
    wanted = branch.input_shape[1:]
    if any(side not in (None, own) for side, own in zip(wanted, codec.shape)):
        raise ValueError(
            f"The branch takes pictures of {wanted}. Received: a codec of "
            f"{codec.shape}. Use `Image(size={tuple(wanted[:2])})`."
        )
    if len(branch.output_shape) < 3 or None in branch.output_shape[1:]:
        raise ValueError(
            "A branch gives (batch, length, dim), of known length. Received: "
            f"{branch.output_shape}"
        )


def _named(rows, errors):
    return [
        (row["id"], error.decode("utf-8"))
        for row, error in zip(rows, errors, strict=True)
        if error
    ]


def _fill(array, start, end, run, look):
    """Runs a branch on every view of some rows, and keeps what it gives.

    Few pictures at a time on a CPU, on each core: what lies between two layers
    stays near it, and no core waits for another. A fifth is gained.
    """
    alone = keras.backend.backend() != "tensorflow"
    alone = alone or bool(tf.config.list_logical_devices("GPU"))
    few = end - start if alone else _FEW

    def one(part):
        view, i = part
        j = min(i + few, end)
        array[view, i:j] = _half(run(look(view, i, j)))

    parts = itertools.product(range(len(array)), range(start, end, few))
    if alone:
        list(map(one, parts))
        return
    with futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(one, parts))


def _half(values):
    values = keras.ops.convert_to_numpy(values)
    with np.errstate(over="ignore"):
        half = values.astype("float16")
    if not np.isfinite(half).all():
        raise ValueError(
            "The branch gives features that float16 cannot hold. Received "
            f"values from {values.min()} to {values.max()}. End the branch "
            "with a normalization."
        )
    return half


def _runner(branch):
    """Returns the quickest function that runs a branch on one batch.

    To TensorFlow the weights are constants, which it folds into each other;
    on two cores that takes a third off.
    """
    if keras.backend.backend() != "tensorflow":
        return branch.predict_on_batch
    weights = [
        [keras.ops.convert_to_numpy(variable) for variable in variables]
        for variables in (
            branch.trainable_variables,
            branch.non_trainable_variables,
        )
    ]
    small = branch.count_params() < _MOST_CONSTANTS

    def run(x):
        if not small:
            return branch(x, training=False)
        trained, others = keras.tree.map_structure(tf.constant, weights)
        return branch.stateless_call(trained, others, x, training=False)[0]

    return tf.function(run, autograph=False, reduce_retracing=True)


def _key(rows, codec):
    """Describes pictures and codec; a file by its size and time of change."""
    if not rows:
        raise ValueError("Expected at least one row. Received: rows=[]")
    files = hashlib.sha256()
    for row in rows:
        try:
            about = pathlib.Path(row["image"]).stat()
            state = [about.st_size, about.st_mtime_ns]
        except OSError:
            state = None
        files.update(json.dumps([row["id"], state]).encode())
    return {"files": files.hexdigest(), "codec": codecs.to_config(codec)}


def _fingerprint(branch):
    """Hashes a model's graph and weights, whatever its layers are called."""
    config = keras.saving.serialize_keras_object(branch)
    config = _anonymous(config, {})
    text = json.dumps(config, sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode())
    for weight in branch.weights:
        value = keras.ops.convert_to_numpy(weight)
        digest.update(f"{value.shape} {value.dtype}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _anonymous(config, numbers):
    """Numbers the names in a model's config by their order.

    Keras names layers by how many there were before in the same process.
    """
    if isinstance(config, dict):
        if isinstance(config.get("name"), str):
            numbers.setdefault(config["name"], f"#{len(numbers)}")
        return {
            key: _anonymous(value, numbers)
            for key, value in config.items()
            if key != "trainable"
        }
    if isinstance(config, (list, tuple)):
        return [_anonymous(value, numbers) for value in config]
    return numbers.get(config, config) if isinstance(config, str) else config
