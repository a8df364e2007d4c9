"""Batches of encoded examples: shuffled by seed and epoch, resumable.

The order of an epoch depends only on the seed and the epoch, so a run that is
resumed at an epoch has the same batches as an uninterrupted run.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from mmkeras.data import token_batches


@dataclasses.dataclass(frozen=True)
class Batching:
    """How examples are put into batches.

    Attributes:
        size: int. Examples per batch, unless there are `tokens`.
        shared: Name of the input that several examples of a batch share;
            `None` for none.
        group: int. Number of examples that share its value. If a value has
            more examples, each epoch samples some of them; if it has fewer,
            the rest have weight 0.
        bucket_by_length: bool. Whether texts of similar length share a batch.
        tokens: int. Maximum number of token ids per batch, those of the
            sources or of the targets, whichever are more, padding included;
            texts of similar length then share a batch. `None` for `size`
            examples. A longer text is a batch by itself.
        dropout: float in [0, 1), or one per field: probability of hiding a
            field; never all fields of an example.
    """

    size: int
    shared: str | None = None
    group: int = 1
    bucket_by_length: bool = False
    tokens: int | None = None
    dropout: float | np.ndarray = 0.0

    @property
    def groups(self):
        """Groups per batch."""
        return self.size // self.group


def steps(examples, batching):
    """Batches per epoch.

    Args:
        examples: A `training.examples.Examples`.
        batching: A `Batching`.

    Raises:
        ValueError: If there are fewer examples than one batch holds.
    """
    if batching.tokens:
        lengths = token_batches.lengths(examples)
        return len(token_batches.sizes(lengths, batching.tokens))
    count = len(examples)
    if batching.group > 1:
        count = len(np.unique(examples.numbers(batching.shared)))
    if not 0 < batching.groups <= count:
        unit = "examples" if batching.group == 1 else "groups of examples"
        raise ValueError(
            f"A batch of {batching.size} needs {batching.groups} {unit}. "
            f"Received: {count}. Use another batch size."
        )
    return count // batching.groups


def training(examples, batching, epochs, seed=0, start=0, augment=None):
    """Returns the training batches of all epochs, in order.

    Examples left over at the end of an epoch are dropped; with `tokens` there
    are none.

    Args:
        examples: A `training.examples.Examples`.
        batching: A `Batching`.
        epochs: int. Last epoch, exclusive.
        seed: int.
        start: int. First epoch.
        augment: Function of a dict of inputs and a `numpy.random.Generator`
            that returns augmented inputs; or `None`.

    Returns:
        A `tf.data.Dataset` of inputs, targets and weights.
    """
    count = steps(examples, batching)
    by_length = batching.bucket_by_length or batching.tokens
    lengths = examples.lengths if by_length else None
    input_lengths = examples.input_lengths if by_length else None
    shared = (batching.shared, batching.group) if batching.group > 1 else None

    def plans():
        """Yields the examples, views and random numbers of each batch."""
        for epoch in range(start, epochs):
            rng = np.random.default_rng([seed, epoch])
            if batching.tokens:
                orders = token_batches.order(examples, batching.tokens, rng)
            else:
                orders = _order(examples, batching, lengths, count, rng)
            views = np.zeros((count, batching.groups), int)
            if examples.views() > 1:
                views = rng.integers(0, examples.views(), views.shape)
            for order, view in zip(orders, views):
                view = np.resize(np.repeat(view, batching.group), len(order))
                shape = len(order), ones.shape[1]
                uniform = rng.random(shape) if has_presence else np.ones(shape)
                yield order, view, uniform, rng

    def gather(order, view, uniform):
        x, y, weight = examples.batch(order, view, shared)
        if "presence" in x:
            x["presence"] = _hide(x["presence"], uniform >= batching.dropout)
        if input_lengths is not None:
            x = _cut(x, input_lengths[order[order >= 0]].max())
        return x, y, weight

    sample = np.resize(np.arange(len(examples)), batching.size)
    ones = np.ones((batching.size, len(examples.fields)))
    example = gather(sample, np.zeros_like(sample), ones)
    has_presence = "presence" in example[0]
    spec = _spec(
        example,
        input_lengths,
        examples.fields_of_any_length,
        examples.task.target.searches,
        batching.tokens is not None,
    )
    if augment:
        dataset = _augmented_batches(plans, gather, augment, spec)
    else:
        size = None if batching.tokens else batching.size
        shape = size, ones.shape[1]
        dataset = _parallel_batches(plans, gather, shape, spec)
    dataset = dataset.map(
        lambda x, y, weight: (
            examples.task.normalize(x, cached=examples.cached),
            y,
            weight,
        )
    )
    return dataset.prefetch(2)


def _augmented_batches(plans, gather, augment, spec):
    """Returns batches that are augmented one after the other."""

    def batches():
        for *plan, rng in plans():
            x, *others = gather(*plan)
            yield augment(x, rng), *others

    return tf.data.Dataset.from_generator(batches, output_signature=spec)


def _parallel_batches(plans, gather, shape, spec):
    """Returns batches that are gathered two at a time."""
    indices = tf.TensorSpec(shape[:1], tf.int64)
    uniforms = tf.TensorSpec(shape, tf.float64)
    dataset = tf.data.Dataset.from_generator(
        lambda: (plan[:-1] for plan in plans()),
        output_signature=(indices, indices, uniforms),
    )
    specs = tf.nest.flatten(spec)

    def flat_batch(*plan):
        return tf.nest.flatten(gather(*plan))

    def batch(*plan):
        types = [part.dtype for part in specs]
        parts = tf.numpy_function(flat_batch, plan, types, stateful=False)
        for part, expected in zip(parts, specs):
            part.set_shape(expected.shape)
        return tf.nest.pack_sequence_as(spec, parts)

    return dataset.map(batch, num_parallel_calls=2)


def _order(examples, batching, lengths, count, rng):
    """Returns the examples of an epoch, one row per batch, -1 for none."""
    if batching.group > 1:
        table = _by_group(examples.numbers(batching.shared))
        order = rng.permutation(_sample(table, batching.group, rng))
    else:
        order = rng.permutation(len(examples))[:, None]
    if lengths is not None:
        lengths = np.append(lengths, 0)  # For -1.
        longest = lengths[order].max(axis=1)
        order = _by_length(order, longest, batching.groups)
    order = order[: count * batching.groups].reshape(count, -1)
    return order if lengths is None else rng.permutation(order)


def repeat_targets(batches, count):
    """Repeats targets and weights for `count` predictions per example.

    Args:
        batches: A `tf.data.Dataset` of inputs, targets and weights.
        count: int.

    Returns:
        A `tf.data.Dataset` of the same inputs.
    """

    def repeat(x, *others):
        return x, *(tf.repeat(y, count, axis=0) for y in others)

    return batches.map(repeat)


def without_prefetch(batches, shapes):
    """Returns batches that are computed on demand, not in advance.

    For batches that depend on the model's current weights.

    Args:
        batches: Function that returns an iterator of batches.
        shapes: Tuple of a dict of pairs of a shape and a type, for inputs;
            and such pairs for targets and weights.

    Returns:
        A `tf.data.Dataset` of the batches.
    """
    x, *others = shapes
    spec = (
        {name: tf.TensorSpec(*pair) for name, pair in x.items()},
        *(tf.TensorSpec(*pair) for pair in others),
    )
    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
    options = tf.data.Options()
    options.autotune.enabled = False  # Autotuning prefetches batches.
    return dataset.with_options(options)


def _spec(batch, input_lengths, fields, has_sequences, any_size):
    """Returns the specification of batches; the length of texts varies.

    So does that of some other fields, and with `any_size` that of batches.
    """
    x, y, weight = batch
    variable = {"tokens", "positions", *fields}
    if input_lengths is not None:
        variable |= {name for name, values in x.items() if _is_text(values)}

    def describe(values, name=None):
        shape = list(values.shape)
        if name in variable:
            shape[-1] = None
        if any_size:
            shape[0] = None
        return tf.TensorSpec(shape, values.dtype)

    target = "positions" if "positions" in x else None
    return (
        {name: describe(values, name) for name, values in x.items()},
        describe(y, "tokens" if has_sequences else target),
        describe(weight, target),
    )


def _is_text(x):
    return x.ndim == 2 and x.dtype == np.int32


def _cut(x, longest):
    """Cuts texts after the longest, at a multiple of 8."""
    longest = -(-longest // 8) * 8
    return {
        name: values[:, :longest]
        if _is_text(values) and name != "tokens"
        else values
        for name, values in x.items()
    }


def _hide(presence, mask):
    """Hides fields outside the mask, except if that hides a whole example."""
    visible = presence & mask
    is_empty = ~visible.any(axis=1)
    return np.where(is_empty[:, None], presence, visible)


def _by_length(order, lengths, size, batches=32):
    """Sorts by length within windows of a number of batches."""
    window = size * batches
    parts = []
    for i in range(0, len(order), window):
        ranks = np.argsort(lengths[i : i + window], kind="stable")
        parts.append(order[i : i + window][ranks])
    return np.concatenate(parts)


def _by_group(numbers):
    """Returns a table of examples, one row per number, padded with -1."""
    order = np.argsort(numbers, kind="stable")
    _, first, counts = np.unique(
        numbers[order], return_index=True, return_counts=True
    )
    column = np.arange(counts.max())
    indices = np.minimum(first[:, None] + column, len(order) - 1)
    return np.where(column < counts[:, None], order[indices], -1)


def _sample(table, count, rng):
    """Samples a number of entries of each row, -1 only if there are fewer."""
    keys = rng.random(table.shape) + (table < 0)
    columns = np.argsort(keys, axis=1)[:, :count]
    sample = np.take_along_axis(table, columns, axis=1)
    missing = count - sample.shape[1]
    return np.pad(sample, ((0, 0), (0, max(missing, 0))), constant_values=-1)
