"""Cached outputs of frozen branches.

The arrays are stored on disk like those of `mmkeras.data.cache`; their key
also depends on the branch's layers and weights.
"""

import functools
import hashlib
import itertools
import json
import os
from concurrent import futures

import keras
import numpy as np
import tensorflow as tf

from mmkeras.data import views as augmentations
from mmkeras.data.cache import batches
from mmkeras.data.cache import encoded
from mmkeras.data.cache import key_of
from mmkeras.data.cache import row_errors
from mmkeras.data.store import cached

_CHUNK = 4  # Images that a core processes at a time.
_TEXTS = 16  # Texts that are processed at a time.
_MAX_CONSTANTS = 200_000_000  # A graph is limited to 2 GB.


def compute(
    branch,
    rows,
    codec,
    views=("plain", "mirror"),
    folder=None,
    progress=None,
    errors=None,
    batch_size=64,
    cache_at=None,
):
    """Runs a frozen branch on the values of rows, or loads its outputs.

    Args:
        branch: A `keras.Model` from what the codec's `normalize` returns to
            `(batch, length, dim)` or other features of one size.
        rows: List of dicts with `"id"` and `"image"`: a path, or a text.
        codec: A codec of images, audio or texts, of the branch's size.
        views: Names of augmentations; see `mmkeras.data.views.apply`.
        folder: Folder of the array; see `store.cached`.
        progress: Function of the number of images done and the total.
        errors: List to which `(row id, error)` of each image that cannot be
            read is added; it is replaced by black. `None` to raise an error.
        batch_size: int. Number of images per batch.
        cache_at: Name of a layer of the branch. Activations of this layer are
            cached too, and reused by any branch with the same first layers.

    Returns:
        float16 array of shape `(views, rows, length, dim)`, or of the
        branch's other output shape, memory-mapped.

    Raises:
        ValueError: If the codec does not fit the branch, a view is unknown,
            the features are beyond float16, or an image cannot be read and
            `errors` is None.
        OSError: If the disk is full.
    """
    _check(branch, codec, views)

    def make(array, start):
        run = _runner(branch)
        values = [row["image"] for row in rows]
        read = batches if codec.in_file else encoded
        for batch, reasons in read(values, codec, start, batch_size):
            end = start + len(batch)
            if _is_text(branch, batch):
                _fill_texts(array[0, start:end], run, np.asarray(batch))
            else:
                load = functools.partial(_augment, codec, views, batch, start)
                _fill(array[:, start:end], run, load)
            yield end, len(rows), row_errors(rows[start:end], reasons)
            start = end

    def make_rest(array, start):
        cut = branch.get_layer(cache_at).output
        first, bad = keras.Model(branch.input, cut), []
        activations = compute(
            first, rows, codec, views, folder, progress, bad, batch_size
        )
        run = _runner(keras.Model(cut, branch.output))
        bad = [] if start else bad  # Recorded with the first rows.
        while start < len(rows):
            end = min(start + batch_size, len(rows))
            load = functools.partial(_take, activations[:, start:end])
            _fill(array[:, start:end], run, load)
            yield end, len(rows), bad
            start, bad = end, []

    key = {
        "kind": "features",
        "branch": _fingerprint(branch),
        "views": list(views),
        **key_of(rows, codec),
    }
    shape = (len(views), len(rows), *output_shape(branch, codec))
    fill = make_rest if cache_at else make
    return cached(key, fill, shape, "float16", folder, progress, errors)


def output_shape(branch, codec):
    """Returns the shape of a branch's outputs for one value of a codec."""
    return tuple(branch.compute_output_shape((None, *codec.shape))[1:])


def _check(branch, codec, views):
    augmentations.check(views)
    expected = branch.input_shape[1:]
    if any(side not in (None, own) for side, own in zip(expected, codec.shape)):
        raise ValueError(
            f"The branch takes images of shape {expected}. Received: a codec "
            f"of shape {codec.shape}. Use `Image(size={tuple(expected[:2])})`."
        )
    shape = output_shape(branch, codec)
    if len(shape) < 2 or None in shape:
        raise ValueError(
            "A branch must return (batch, length, dim), with a fixed length. "
            f"Received: {(None, *shape)}"
        )


def _augment(codec, views, batch, first, view, rows):
    """Returns a slice of a batch in one view; the batch starts at `first`."""
    pixels = augmentations.apply(views[view], batch[rows], first + rows.start)
    return codec.normalize(pixels)


def _take(activations, view, rows):
    return np.float32(activations[view, rows])


def _is_text(branch, batch):
    """Whether a batch has token ids, for a branch of texts of any length."""
    is_ids = len(batch.shape) == 2 and batch.dtype == np.int32
    return is_ids and branch.input_shape[1] is None


def _fill_texts(array, run, ids):
    """Fills an array `(rows, length, dim)` with the outputs of texts.

    Texts of similar length are run together, to the end of the longest. What
    follows a text is 0, as is the mask there.

    Args:
        array: The array, of zeros.
        run: Function of token ids, 0 for padding.
        ids: int32 `(rows, length)`.
    """
    lengths = np.maximum(np.count_nonzero(ids, axis=1), 1)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), _TEXTS):
        rows = order[start : start + _TEXTS]
        longest = -(-lengths[rows].max() // 4) * 4  # Few shapes.
        part = ids[rows, :longest]
        outputs = _half(run(keras.ops.convert_to_tensor(part)))
        if outputs.shape[1] == part.shape[1]:
            outputs[part == 0] = 0
        array[rows, : outputs.shape[1]] = outputs


def _fill(array, run, load):
    """Fills an array `(views, rows, ...)` with the outputs of a branch.

    On a CPU, each core runs a few images at a time, so that activations stay
    in its cache and no core waits for another; about 10 % faster.

    Args:
        array: The array.
        run: Function of a batch of images.
        load: Function of a view's number and a slice of rows to images.
    """
    count = array.shape[1]
    one_batch = keras.backend.backend() != "tensorflow"
    one_batch = one_batch or bool(tf.config.list_logical_devices("GPU"))
    size = count if one_batch else _CHUNK

    def fill_chunk(chunk):
        view, start = chunk
        rows = slice(start, min(start + size, count))
        array[view, rows] = _half(run(load(view, rows)))

    chunks = itertools.product(range(len(array)), range(0, count, size))
    if one_batch:
        list(map(fill_chunk, chunks))
    else:
        with futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(fill_chunk, chunks))


def _half(values):
    values = keras.ops.convert_to_numpy(values)
    with np.errstate(over="ignore"):
        half = values.astype("float16")
    if not np.isfinite(half).all():
        raise ValueError(
            "The features of the branch exceed the range of float16. "
            f"Received: values from {values.min()} to {values.max()}. End the "
            "branch with a normalization layer."
        )
    return half


def _runner(branch):
    """Returns the fastest function that runs a branch on one batch.

    For TensorFlow the weights are constants, which it folds; on two cores this
    saves a third of the time.
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
    fits = branch.count_params() < _MAX_CONSTANTS

    def run(x):
        if not fits:
            return branch(x, training=False)
        trained, others = keras.tree.map_structure(tf.constant, weights)
        return branch.stateless_call(trained, others, x, training=False)[0]

    return tf.function(run, autograph=False, reduce_retracing=True)


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
    """Replaces the names in a model's config by numbers in their order.

    Keras's default names depend on the layers built before in the process.
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
