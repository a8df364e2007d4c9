"""From arrays to batches: shuffled by seed and epoch, ready to resume.

Images, or the features a frozen branch made of them, lie decoded in an
array on disk; a batch gathers its rows. The order of epoch e depends on the
seed and on e alone, so a run that starts again at epoch e sees what the
unbroken run would have seen.
"""

import numpy as np
import tensorflow as tf


def teaching(
    images, owners, tokens, batch_size, epochs, seed=0, start=0, together=1
):
    """Batches for teaching a decoder: image and words in, next words out.

    A batch is as long as its longest sentence, rounded up to a multiple of 4,
    so that few shapes occur. Sentences of like length share a batch: on
    captions that saves a third of all steps.

    With `together`, a batch has that many sentences of each of its images,
    so that a branch that is trained sees the image once for all of them;
    images whose longest sentences are of like length share a batch. Where a
    image has more, each epoch draws some; where it has fewer, the rest are
    blank.

    Args:
        images: Array `(views, images, ...)`; each epoch draws one of the
            views for every example.
        owners: Integers `(examples,)`, the image of each example.
        tokens: Integers `(examples, length)`, padded with 0 at the end.
        batch_size: int. Examples left over at an epoch's end are dropped.
        epochs: int. Last epoch, exclusive.
        seed: int.
        start: int. First epoch.
        together: int. Sentences of each image in a batch.

    Returns:
        A `tf.data.Dataset` of `({"image", "tokens"}, targets)`, all epochs
        one after the other, `steps` batches each. With `together`, there are
        so many times as many sentences as images, image by image.
    """
    owners, tokens = np.asarray(owners), np.asarray(tokens, "int32")
    tokens = np.concatenate([tokens, np.zeros_like(tokens[:1])])
    lengths = np.count_nonzero(tokens, axis=1)
    count = steps(owners, batch_size, together)
    size = batch_size // together
    table = _by_image(owners) if together > 1 else None

    def epoch(number):
        draw = np.random.default_rng([seed, int(number)])
        if together > 1:
            order = draw.permutation(_some(table, together, draw))
        else:
            order = draw.permutation(len(owners))[:, None]
        order = _by_length(order, lengths[order].max(axis=1), size)
        order = order[: count * size].reshape(count, size * together)
        order = draw.permutation(order)
        return order, draw.integers(0, images.shape[0], (count, size))

    def orders(number):
        order, view = tf.numpy_function(epoch, [number], [tf.int64] * 2)
        order = tf.ensure_shape(order, (count, size * together))
        view = tf.ensure_shape(view, (count, size))
        return tf.data.Dataset.from_tensor_slices((order, view))

    def gather(order, view):
        seen = images[view, owners[order[::together]]]
        return seen, shortened(tokens[order])

    def batch(order, view):
        types = (images.dtype, tf.int32)
        seen, said = tf.numpy_function(gather, (order, view), types)
        seen.set_shape((size, *images.shape[2:]))
        said.set_shape((size * together, None))
        return {"image": seen, "tokens": said[:, :-1]}, said[:, 1:]

    batches = tf.data.Dataset.range(start, epochs).flat_map(orders)
    return batches.map(batch, num_parallel_calls=2).prefetch(2)


def judging(
    scale,
    gather,
    examples,
    batch_size,
    epochs,
    seed=0,
    start=0,
    dropout=0.0,
    change=None,
    lengths=None,
    images=None,
):
    """Batches for teaching a judge, some modalities hidden now and then.

    Args:
        scale: Function applied to the batches, as `tasks.Classify.scale`.
        gather: Function of an order, integers `(batch_size,)`, and what to
            hide, booleans `(batch_size, modalities)`, that returns inputs
            with `"presence"`, labels and weights.
        examples: int. How many there are; those left over at an epoch's end
            are dropped.
        batch_size: int.
        epochs: int. Last epoch, exclusive.
        seed: int.
        start: int. First epoch.
        dropout: float in [0, 1), or one a modality. How often each is hidden;
            never all that an example has.
        change: Function of a dict of inputs and a `numpy.random.Generator`
            that returns inputs changed at random, or `None`.
        lengths: Integers `(examples,)`, of their texts: texts of like length
            share a batch, which ends with the longest of them. `None` for
            batches drawn at random, all of one length.
        images: Integers `(examples,)`, whose image each has: those of a
            image share a batch, which has it once; see `together`. `None`
            for an image each.

    Returns:
        A `tf.data.Dataset` of inputs, labels and weights, all epochs one
        after the other.

    Raises:
        ValueError: If both lengths and images are to share batches.
    """
    if lengths is not None and images is not None:
        raise ValueError(
            "Examples are batched by length or by image, not by both. "
            "Received: lengths and images. Set only one of the recipe's "
            "`by_length` and `share_images`."
        )
    share = 1 if images is None else together(images, batch_size)
    table = _by_image(np.asarray(images)) if share > 1 else None
    if share > 1:
        batch_size = batch_size // share * share

    def batch(order, draw=None):
        x, y, weight = gather(np.maximum(order, 0))
        if share > 1:
            weight = np.where(order < 0, 0, weight).astype(weight.dtype)
            x["image"] = x["image"][::share]
        if draw is not None and "presence" in x:
            x["presence"] = _hide(x["presence"], dropout, draw)
        if draw is not None and change:
            x = change(x, draw)
        if lengths is not None:
            x = _cut(x, lengths[order].max())
        return x, y, weight

    def batches():
        for epoch in range(start, epochs):
            draw = np.random.default_rng([seed, epoch])
            if share > 1:
                order = draw.permutation(_some(table, share, draw)).ravel()
            else:
                order = draw.permutation(examples)
            if lengths is not None:
                order = _by_length(order, lengths[order], batch_size)
            order = order[: len(order) // batch_size * batch_size]
            order = order.reshape(-1, batch_size)
            if lengths is not None:
                order = draw.permutation(order)
            for some in order:
                yield batch(some, draw)

    def spec_of(x):
        shape = [batch_size, *x.shape[1:]]
        if lengths is not None and _is_text(x):
            shape[1] = None
        return tf.TensorSpec(shape, x.dtype)

    spec = tf.nest.map_structure(spec_of, batch(np.arange(1)))
    if share > 1:
        one = spec[0]["image"]
        shape = [batch_size // share, *one.shape[1:]]
        spec[0]["image"] = tf.TensorSpec(shape, one.dtype)
    made = tf.data.Dataset.from_generator(batches, output_signature=spec)
    made = made.map(lambda x, y, weight: (scale(x), y, weight))
    return made.prefetch(2)


def rewarding(batches, shape, draws):
    """Batches of sentences, each made when training asks for it.

    None is made ahead, for what a batch says may depend on the step before:
    neither here, nor by what is done to these batches later.

    Args:
        batches: Function that returns an iterator of `({"image", "tokens"},
            targets, weights)`.
        shape: Of the images, `(images, ...)`.
        draws: int. Sentences of each image.

    Returns:
        A `tf.data.Dataset` of them.
    """
    count = shape[0] * draws
    said = tf.TensorSpec((count, None), tf.int32)
    image = tf.TensorSpec(shape, tf.float32)
    spec = (
        {"image": image, "tokens": said},
        said,
        tf.TensorSpec((count,), tf.float32),
    )
    found = tf.data.Dataset.from_generator(batches, output_signature=spec)
    options = tf.data.Options()
    options.autotune.enabled = False  # It prefetches, and maps ahead.
    return found.with_options(options)


def shortened(tokens):
    """Cuts sentences after the longest, such that few lengths occur.

    Args:
        tokens: Integers `(examples, length)`, the start first, padded with 0.

    Returns:
        The same, of a multiple of 4 ids after the start, if there were so
        many.
    """
    longest = np.count_nonzero(tokens, axis=1).max() - 1
    return tokens[:, : -(-longest // 4) * 4 + 1]


def without_padding(batches):
    """Asks for the words of a batch alone, not for its padding.

    Padding is a quarter of where captions of an image go together, and to
    choose among all words is half of what a decoder computes. Some is left,
    such that few sizes occur: as many words as whole sixteenths of the batch.

    Args:
        batches: A `tf.data.Dataset` of `({"image", "tokens"}, targets)` or
            `(..., targets, weights)`, targets of shape `(batch, length)` and
            weights of shape `(batch,)`.

    Returns:
        A `tf.data.Dataset` of inputs that have `"places"` too, the numbers of
        the words, sentence after sentence, of shape `(n,)`, and of targets
        and weights of that shape. What is left of padding has target 0.
    """

    def choose(x, targets, weights=None):
        length = tf.shape(targets)[1]
        targets = tf.reshape(targets, [-1])
        places = tf.where(targets != 0)[:, 0]
        part = tf.maximum(tf.size(targets) // 16, 1)
        blank = [[0, -tf.size(places) % part]]
        words = tf.pad(tf.gather(targets, places), blank)
        places = tf.pad(tf.cast(places, tf.int32), blank)
        x = {**x, "places": places}
        if weights is None:
            return x, words
        return x, words, tf.gather(weights, places // length)

    return batches.map(choose)


def repeated(batches, count):
    """Repeats labels and weights: an example is judged so many times.

    Args:
        batches: A `tf.data.Dataset` of inputs, labels and weights.
        count: int.

    Returns:
        A `tf.data.Dataset` of the same inputs.
    """

    def repeat(x, *others):
        return x, *(tf.repeat(y, count, axis=0) for y in others)

    return batches.map(repeat)


def together(images, batch_size):
    """How many examples of an image go together: all, if a batch has room.

    Where an image has more, each epoch draws some; where it has fewer, the
    rest weigh nothing.

    Args:
        images: Integers, the image of each example.
        batch_size: int.
    """
    _, many = np.unique(images, return_counts=True)
    return int(min(many.max(), batch_size))


def _is_text(x):
    return x.ndim == 2 and x.dtype == np.int32


def _cut(x, longest):
    """Cuts texts after the longest, at a multiple of 8."""
    longest = -(-longest // 8) * 8
    return {k: v[:, :longest] if _is_text(v) else v for k, v in x.items()}


def _hide(presence, dropout, draw):
    """Hides modalities at random, but never all that are there."""
    kept = presence & (draw.random(presence.shape) >= dropout)
    none = ~kept.any(axis=1)
    return np.where(none[:, None], presence, kept)


def _by_length(order, lengths, batch_size, batches=32):
    """Sorts by length within every window of that many batches.

    Args:
        order: Array of the examples, or of what goes together, in any order.
        lengths: Integers, the length of each of them.
        batch_size: int.
        batches: int.
    """
    window = batch_size * batches
    parts = []
    for i in range(0, len(order), window):
        places = np.argsort(lengths[i : i + window], kind="stable")
        parts.append(order[i : i + window][places])
    return np.concatenate(parts)


def _by_image(owners):
    """Numbers of each image's sentences, a row an image, -1 where none."""
    order = np.argsort(owners, kind="stable")
    _, first, many = np.unique(
        owners[order], return_index=True, return_counts=True
    )
    place = np.arange(many.max())
    places = np.minimum(first[:, None] + place, len(order) - 1)
    return np.where(place < many[:, None], order[places], -1)


def _some(table, number, draw):
    """Draws so many of each row, those that are not -1 first."""
    keys = draw.random(table.shape) + (table < 0)
    chosen = np.argsort(keys, axis=1)[:, :number]
    chosen = np.take_along_axis(table, chosen, axis=1)
    missing = number - chosen.shape[1]
    return np.pad(chosen, ((0, 0), (0, max(missing, 0))), constant_values=-1)


def steps(owners, batch_size, together=1):
    """Batches that an epoch of `teaching` has.

    Args:
        owners: Integers, the image of each example.
        batch_size: int.
        together: int. Sentences of each image in a batch.

    Raises:
        ValueError: If there are fewer examples than one batch holds.
    """
    examples = len(owners) if together == 1 else len(np.unique(owners))
    size = batch_size // together
    if not 0 < size <= examples:
        raise ValueError(
            f"A batch of {batch_size} needs {size} images with {together} "
            f"captions each. Received: {examples} examples. Use another batch "
            "size."
            if together > 1
            else f"Expected at least one batch of {batch_size} examples. "
            f"Received: {examples} examples. Use a smaller batch size."
        )
    return examples // size
