"""From arrays to batches: shuffled by seed and epoch, ready to resume.

Pictures, or the features a frozen branch made of them, lie decoded in an
array on disk; a batch gathers its rows. The order of epoch e depends on the
seed and on e alone, so a run that starts again at epoch e sees what the
unbroken run would have seen.
"""

import numpy as np
import tensorflow as tf


def teaching(
    images, owners, tokens, batch_size, epochs, seed=0, start=0, shuffle=True
):
    """Batches for teaching a decoder: picture and words in, next words out.

    Args:
        images: Array `(views, pictures, ...)`; each epoch draws one of the
            views for every example.
        owners: Integers `(examples,)`, the picture of each example.
        tokens: Integers `(examples, length)`.
        batch_size: int. The examples left over at an epoch's end are dropped
            when shuffling.
        epochs: int. Last epoch, exclusive.
        seed: int.
        start: int. First epoch.
        shuffle: bool.

    Returns:
        A `tf.data.Dataset` of `({"image", "tokens"}, targets)`, all epochs
        one after the other.
    """
    owners, tokens = np.asarray(owners), np.asarray(tokens, "int32")

    def epoch(number):
        order = tf.range(len(owners))
        view = tf.zeros(len(owners), "int32")
        if shuffle:
            key = tf.stack([tf.constant(seed, "int64"), number])
            order = tf.random.experimental.stateless_shuffle(order, key)
            view = tf.random.stateless_uniform(
                [len(owners)], key, 0, images.shape[0], "int32"
            )
        rows = tf.data.Dataset.from_tensor_slices((order, view))
        return rows.batch(batch_size, drop_remainder=shuffle)

    def gather(order, view):
        return images[view, owners[order]], tokens[order]

    def example(order, view):
        types = (images.dtype, tf.int32)
        seen, said = tf.numpy_function(
            gather, (order, view), types, stateful=False
        )
        seen.set_shape((order.shape[0], *images.shape[2:]))
        said.set_shape((order.shape[0], tokens.shape[1]))
        return {"image": seen, "tokens": said[:, :-1]}, said[:, 1:]

    rows = tf.data.Dataset.range(start, epochs).flat_map(epoch)
    return rows.map(example, num_parallel_calls=2).prefetch(2)


def steps(examples, batch_size):
    """Batches an epoch of `teaching` has when shuffling.

    Raises:
        ValueError: If there are fewer examples than one batch holds.
    """
    if examples < batch_size:
        raise ValueError(
            f"There are {examples} examples, fewer than one batch of "
            f"{batch_size}. Give a smaller batch size."
        )
    return examples // batch_size
