"""Raw examples: the bytes of an image with its captions."""

import tensorflow as tf


def load(rows) -> tf.data.Dataset:
    """Reads the files of rows, in their order.

    Args:
        rows: List of dicts with `"image"`, a path, and `"captions"`, a list
            of strings; see `mmkeras.data.datasets`.

    Returns:
        Dataset of dicts: `"image"`, a scalar string with the file's bytes,
        and `"captions"`, strings of shape `(n,)`.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("Expected at least one row. Received: rows=[]")
    captions = tf.ragged.constant(
        [row["captions"] for row in rows], tf.string, ragged_rank=1
    )
    paths = tf.constant([row["image"] for row in rows])

    def read(path, captions):
        return {"image": tf.io.read_file(path), "captions": captions}

    dataset = tf.data.Dataset.from_tensor_slices((paths, captions))
    return dataset.map(read, num_parallel_calls=tf.data.AUTOTUNE)
