"""From encoded examples to batches: shuffled by seed and epoch, resumable.

The order of an epoch depends on the seed and the epoch alone, so a run that
is resumed at an epoch sees what the uninterrupted run would have seen.
"""

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Batching:
    """How examples are put into batches.

    Attributes:
        size: int. Examples per batch.
        shared: Name of the input that a batch holds once for several
            examples; `None` for none.
        group: int. Number of examples that share its value. Where a value has
            more examples, each epoch draws some; where it has fewer, the rest
            weigh nothing.
        bucket_by_length: bool. Whether texts of similar length share a batch.
        dropout: float in [0, 1), or one per field: how often each is hidden;
            never all fields of an example.
    """

    size: int
    shared: str | None = None
    group: int = 1
    bucket_by_length: bool = False
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
    """Batches to train on, those of all epochs one after the other.

    Examples left over at the end of an epoch are dropped.

    Args:
        examples: A `training.examples.Examples`.
        batching: A `Batching`.
        epochs: int. Last epoch, exclusive.
        seed: int.
        start: int. First epoch.
        augment: Function of a dict of inputs and a `numpy.random.Generator`
            that returns inputs changed at random; or `None`.

    Returns:
        A `tf.data.Dataset` of inputs, targets and weights.
    """
    count = steps(examples, batching)
    lengths = examples.lengths if batching.bucket_by_length else None
    input_lengths = (
        examples.input_lengths if batching.bucket_by_length else None
    )
    shared = (batching.shared, batching.group) if batching.group > 1 else None

    def drawn():
        """What each batch has: examples, views, and a number per field."""
        for epoch in range(start, epochs):
            draw = np.random.default_rng([seed, epoch])
            orders = _order(examples, batching, lengths, count, draw)
            views = np.zeros((count, batching.groups), int)
            if examples.views() > 1:
                views = draw.integers(0, examples.views(), views.shape)
            for order, view in zip(orders, views):
                view = np.repeat(view, batching.group)
                chance = draw.random(ones.shape) if is_hidden else ones
                yield order, view, chance, draw

    def made(order, view, chance):
        x, y, weight = examples.batch(order, view, shared)
        if "presence" in x:
            x["presence"] = _hide(x["presence"], chance >= batching.dropout)
        if input_lengths is not None:
            x = _cut(x, input_lengths[order[order >= 0]].max())
        return x, y, weight

    sample = np.resize(np.arange(len(examples)), batching.size)
    ones = np.ones((batching.size, len(examples.fields)))
    example = made(sample, np.zeros_like(sample), ones)
    is_hidden = "presence" in example[0]
    spec = _spec(example, input_lengths)
    if augment:
        found = _augmented(drawn, made, augment, spec)
    else:
        found = _parallel(drawn, made, ones.shape, spec)
    found = found.map(
        lambda x, y, weight: (
            examples.task.normalize(x, cached=examples.cached),
            y,
            weight,
        )
    )
    return found.prefetch(2)


def _augmented(drawn, made, augment, spec):
    """Batches that are changed at random, one after the other."""

    def batches():
        for *batch, draw in drawn():
            x, *others = made(*batch)
            yield augment(x, draw), *others

    return tf.data.Dataset.from_generator(batches, output_signature=spec)


def _parallel(drawn, made, shape, spec):
    """Batches that are gathered two at a time."""
    places = tf.TensorSpec(shape[:1], tf.int64)
    chances = tf.TensorSpec(shape, tf.float64)
    numbers = tf.data.Dataset.from_generator(
        lambda: (batch[:-1] for batch in drawn()),
        output_signature=(places, places, chances),
    )
    specs = tf.nest.flatten(spec)

    def gather(*batch):
        return tf.nest.flatten(made(*batch))

    def batch(*numbers):
        types = [part.dtype for part in specs]
        parts = tf.numpy_function(gather, numbers, types, stateful=False)
        for part, expected in zip(parts, specs):
            part.set_shape(expected.shape)
        return tf.nest.pack_sequence_as(spec, parts)

    return numbers.map(batch, num_parallel_calls=2)


def _order(examples, batching, lengths, count, draw):
    """The examples of an epoch, a row per batch, -1 for none."""
    if batching.group > 1:
        table = _by_group(examples.numbers(batching.shared))
        order = draw.permutation(_some(table, batching.group, draw))
    else:
        order = draw.permutation(len(examples))[:, None]
    if lengths is not None:
        lengths = np.append(lengths, 0)  # Of none, which is -1.
        longest = lengths[order].max(axis=1)
        order = _by_length(order, longest, batching.groups)
    order = order[: count * batching.groups].reshape(count, -1)
    return order if lengths is None else draw.permutation(order)


def repeated(batches, count):
    """Repeats targets and weights: each example is predicted `count` times.

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
    """Batches that depend on the model's weights, each made when asked for.

    Args:
        batches: Function that returns an iterator of batches.
        shapes: Tuple of a dict of pairs of a shape and a type, for inputs;
            and such pairs for targets and weights.

    Returns:
        A `tf.data.Dataset` of them.
    """
    x, *others = shapes
    spec = (
        {name: tf.TensorSpec(*pair) for name, pair in x.items()},
        *(tf.TensorSpec(*pair) for pair in others),
    )
    found = tf.data.Dataset.from_generator(batches, output_signature=spec)
    options = tf.data.Options()
    options.autotune.enabled = False  # It prefetches, and maps ahead.
    return found.with_options(options)


def _spec(batch, input_lengths):
    """Describes batches; the length of texts varies."""
    x, y, weight = batch
    varies = {"tokens", "positions"}
    if input_lengths is not None:
        varies |= {name for name, values in x.items() if _is_text(values)}

    def describe(values, name=None):
        shape = list(values.shape)
        if name in varies:
            shape[-1] = None
        return tf.TensorSpec(shape, values.dtype)

    target = "positions" if "positions" in x else None
    return (
        {name: describe(values, name) for name, values in x.items()},
        describe(y, target),
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


def _hide(presence, shown):
    """Hides fields that are not shown, but never all an example has."""
    kept = presence & shown
    none = ~kept.any(axis=1)
    return np.where(none[:, None], presence, kept)


def _by_length(order, lengths, size, batches=32):
    """Sorts by length within every window of that many batches."""
    window = size * batches
    parts = []
    for i in range(0, len(order), window):
        places = np.argsort(lengths[i : i + window], kind="stable")
        parts.append(order[i : i + window][places])
    return np.concatenate(parts)


def _by_group(numbers):
    """Examples of each number, a row per number, -1 where none."""
    order = np.argsort(numbers, kind="stable")
    _, first, many = np.unique(
        numbers[order], return_index=True, return_counts=True
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
