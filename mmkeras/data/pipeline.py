"""From arrays to batches: shuffled by seed and epoch, ready to resume.

Pictures, or the features a frozen branch made of them, lie decoded in an
array on disk; a batch gathers its rows. The order of epoch e depends on the
seed and on e alone, so a run that starts again at epoch e sees what the
unbroken run would have seen.
"""

import numpy as np
import tensorflow as tf


def teaching(images, owners, tokens, batch_size, epochs, seed=0, start=0):
    """Batches for teaching a decoder: picture and words in, next words out.

    Sentences of like length share a batch, which is as long as its longest
    sentence, rounded up to a multiple of 4: on captions that saves a third of
    all steps, and few shapes occur.

    Args:
        images: Array `(views, pictures, ...)`; each epoch draws one of the
            views for every example.
        owners: Integers `(examples,)`, the picture of each example.
        tokens: Integers `(examples, length)`, padded with 0 at the end.
        batch_size: int. Examples left over at an epoch's end are dropped.
        epochs: int. Last epoch, exclusive.
        seed: int.
        start: int. First epoch.

    Returns:
        A `tf.data.Dataset` of `({"image", "tokens"}, targets)`, all epochs
        one after the other, `steps` batches each.
    """
    owners, tokens = np.asarray(owners), np.asarray(tokens, "int32")
    lengths = np.count_nonzero(tokens, axis=1)
    count = steps(len(owners), batch_size)

    def epoch(number):
        draw = np.random.default_rng([seed, int(number)])
        order = _by_length(draw.permutation(len(owners)), lengths, batch_size)
        order = draw.permutation(order[: count * batch_size].reshape(count, -1))
        return order, draw.integers(0, images.shape[0], order.shape)

    def orders(number):
        order, view = tf.numpy_function(epoch, [number], [tf.int64] * 2)
        shape = (count, batch_size)
        return tf.data.Dataset.from_tensor_slices(
            (tf.ensure_shape(order, shape), tf.ensure_shape(view, shape))
        )

    def gather(order, view):
        longest = lengths[order].max()
        longest = min(-(-(longest - 1) // 4) * 4 + 1, tokens.shape[1])
        return images[view, owners[order]], tokens[order, :longest]

    def batch(order, view):
        types = (images.dtype, tf.int32)
        seen, said = tf.numpy_function(gather, (order, view), types)
        seen.set_shape((batch_size, *images.shape[2:]))
        said.set_shape((batch_size, None))
        return {"image": seen, "tokens": said[:, :-1]}, said[:, 1:]

    batches = tf.data.Dataset.range(start, epochs).flat_map(orders)
    return batches.map(batch, num_parallel_calls=2).prefetch(2)


def _by_length(order, lengths, batch_size, batches=32):
    """Sorts by length within every window of that many batches."""
    window = batch_size * batches
    parts = [order[i : i + window] for i in range(0, len(order), window)]
    return np.concatenate(
        [part[np.argsort(lengths[part], kind="stable")] for part in parts]
    )


def steps(examples, batch_size):
    """Batches an epoch of `teaching` has .

    Raises:
        ValueError: If there are fewer examples than one batch holds.
    """
    if examples < batch_size:
        raise ValueError(
            f"There are {examples} examples, fewer than one batch of "
            f"{batch_size}. Give a smaller batch size."
        )
    return examples // batch_size
