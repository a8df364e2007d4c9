"""What a frozen branch makes of images, made once.

Arrays on disk, as those of `mmkeras.data.cache`, found again by the branch's
layers and weights as well.
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

from mmkeras.data.cache import batches
from mmkeras.data.cache import key_of
from mmkeras.data.cache import named
from mmkeras.data.store import cached
from mmkeras.data.views import check as check_views
from mmkeras.data.views import show

_FEW = 4  # Images that a core runs a branch on at a time.
_MOST_CONSTANTS = 200_000_000  # A graph holds at most 2 GB.


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
    """Runs a frozen branch over the images of rows, or finds the result.

    Args:
        branch: A `keras.Model` from pixels in [0, 1], `(batch, height, width,
            3)`, to `(batch, length, dim)` or other features of one size.
        rows: List of dicts with `"id"` and `"image"`, a path.
        codec: A `codecs.Image` of the branch's size.
        views: What to show it, by names; see `mmkeras.data.views.show`.
        folder: Where to keep the array; see `store.cached`.
        progress: Function of the images done and in all.
        bad: List to which `(row id, error)` of each image that cannot be
            read is added; it is taken for black. Without it, such an image
            is an error.
        batch_size: How many images go through the branch at a time.
        stem: Name of a layer of the branch. What the branch makes up to it is
            kept as well, for any that begins alike, and read from there.

    Returns:
        float16 array of shape `(views, rows, length, dim)`, or whatever the
        branch gives, memory-mapped.

    Raises:
        ValueError: If the codec does not fit the branch, a view is unknown,
            the features are beyond float16, or an image cannot be read and
            `bad` is None.
        OSError: If the disk is full.
    """
    _check(branch, codec, views)

    def make(array, start):
        run = _runner(branch)
        files = [row["image"] for row in rows]
        for batch, errors in batches(files, codec, start, batch_size):
            end = start + len(batch)
            look = functools.partial(_show, codec, views, batch, start)
            _fill(array[:, start:end], run, look)
            yield end, len(rows), named(rows[start:end], errors)
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
            look = functools.partial(_take, made[:, start:end])
            _fill(array[:, start:end], run, look)
            yield end, len(rows), errors
            start, errors = end, []

    key = {
        "kind": "features",
        "branch": _fingerprint(branch),
        "views": list(views),
        **key_of(rows, codec),
    }
    shape = (len(views), len(rows), *branch.output_shape[1:])
    fill = make_rest if stem else make
    return cached(key, fill, shape, "float16", folder, progress, bad)


def _check(branch, codec, views):
    check_views(views)
    wanted = branch.input_shape[1:]
    if any(side not in (None, own) for side, own in zip(wanted, codec.shape)):
        raise ValueError(
            f"The branch takes images of shape {wanted}. Received: a codec of "
            f"shape {codec.shape}. Use `Image(size={tuple(wanted[:2])})`."
        )
    if len(branch.output_shape) < 3 or None in branch.output_shape[1:]:
        raise ValueError(
            "A branch must return (batch, length, dim), with a fixed length. "
            f"Received: {branch.output_shape}"
        )


def _show(codec, views, batch, first, view, some):
    """Some images of a batch in one view, whose first is row `first`."""
    return codec.normalize(show(views[view], batch[some], first + some.start))


def _take(made, view, some):
    return np.float32(made[view, some])


def _fill(array, run, look):
    """Fills an array `(views, rows, ...)` with what a branch gives.

    Few images at a time on a CPU, on each core: what lies between two layers
    stays near it, and no core waits for another. That gains a tenth.

    Args:
        array: The array.
        run: Function of a batch of images.
        look: Function of a view's number and a slice of rows to images.
    """
    count = array.shape[1]
    alone = keras.backend.backend() != "tensorflow"
    alone = alone or bool(tf.config.list_logical_devices("GPU"))
    few = count if alone else _FEW

    def one(part):
        view, start = part
        some = slice(start, min(start + few, count))
        array[view, some] = _half(run(look(view, some)))

    parts = itertools.product(range(len(array)), range(0, count, few))
    if alone:
        list(map(one, parts))
    else:
        with futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(one, parts))


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
