"""The examples of a split as a task's model takes them, encoded once."""

import dataclasses

import numpy as np

from mmkeras import losses
from mmkeras.data import encoding
from mmkeras.data import field_arrays
from mmkeras.data import padding
from mmkeras.data.fingerprint import fingerprint
from mmkeras.tasks import frozen_parts

_CONTEXTS = 1024  # Decoder inputs in memory at the same time.
_ROWS = 1024  # Examples whose outputs are processed at a time.


@dataclasses.dataclass(frozen=True)
class Data:
    """Training and validation rows; see `mmkeras.data.datasets`.

    Attributes:
        train: List of rows.
        val: List of rows.
        val_is_drawn: bool. Whether validation rows were drawn from the
            training rows because there were none.
    """

    train: list
    val: list
    val_is_drawn: bool = False

    @property
    def fingerprint(self):
        """Digest of the contents of the rows and their files."""
        return fingerprint([*self.train, *self.val])


class Examples:
    """Encoded inputs and targets of examples.

    Each file is decoded once and cached on disk, even if several rows share
    it; for branches with a frozen part, its outputs are cached instead. See
    `mmkeras.data.cache` and `mmkeras.data.frozen_features`.

    Args:
        task: A `tasks.Task`.
        rows: Rows of a data set with the task's fields and its target.
        progress: Function of the number of encoded files and of all files.
        keep: bool. Whether to cache decoded files on disk.
        views: Augmentations of images for which the outputs of a frozen
            branch are cached; see `mmkeras.data.views`.

    Attributes:
        rows: The examples that could be read and have an input.
        errors: List of `(row id, error)` of the others.
        cached: Names of the fields that are outputs of a frozen part.
        targets: A `tasks.targets.target.Encoded`.
    """

    def __init__(self, task, rows, progress=None, keep=True, views=("plain",)):
        self.task = task
        self.fields = task.fields
        rows = task.examples(rows)
        branches = frozen_parts.branches(task.model) if keep else {}
        self._arrays, presence, errors = {}, [], [""] * len(rows)
        for field in self.fields:
            branch = None if field in task.uncached else branches.get(field)
            encoded = field_arrays.encode(
                task.codecs[field],
                [row.get(field) for row in rows],
                branch,
                views=views,
                progress=progress,
                keep=keep,
            )
            if field in task.fields_of_any_length and not encoded.cached:
                encoded.lengths = task.codecs[field].lengths(encoded.array[0])
                encoded.multiple = task.codecs[field].multiple
            self._arrays[field] = encoded
            presence.append(encoded.present)
            errors = [
                e or (error and f"{field}: {error}")
                for e, error in zip(errors, encoded.errors)
            ]
        self.cached = {
            f for f, encoded in self._arrays.items() if encoded.cached
        }
        self.presence = np.stack(presence, 1)
        is_empty = ~self.presence.any(1)
        no_input = encoding.no_input(self.fields)
        errors = [
            e or (no_input if n else "") for e, n in zip(errors, is_empty)
        ]
        self._indices = np.arange(len(rows))
        reasons = task.target_errors(rows, self._value_lengths)
        errors = [e or t for e, t in zip(errors, reasons)]
        self.rows, self.errors = rows, []
        self._remove(errors)

    def __len__(self):
        return len(self.rows)

    @property
    def labels(self):
        """Labels as `Target.score` takes them; of sequences, step by step."""
        return self.targets.labels

    @property
    def weight(self):
        """Weights of the examples, or of the steps of sequences."""
        return self.targets.weight

    @property
    def names(self):
        """Ids of the examples, or of their steps, in the order of labels."""
        length = self.weight.shape[1] if self.weight.ndim == 2 else 1
        return [
            name
            for row in self.rows
            for name in row.get("ids", [row["id"]])[:length]
        ]

    @property
    def groups(self):
        """Group of the example of each label; `None` without groups."""
        if self.weight.ndim == 2:
            return np.repeat(np.arange(len(self)), (self.weight > 0).sum(1))
        groups = [row.get("group") for row in self.rows]
        return None if None in groups else groups

    @property
    def input_lengths(self):
        """Length of each example's text, in ids; `None` without texts."""
        lengths = [
            np.count_nonzero(field.array[0, field.place[self._indices]], axis=1)
            for field in self._arrays.values()
            if field.is_text
        ]
        return np.max(lengths, axis=0) if lengths else None

    @property
    def fields_of_any_length(self):
        """Names of the inputs whose batches are cut after the longest."""
        return [f for f, x in self._arrays.items() if x.lengths is not None]

    @property
    def _value_lengths(self):
        """Dict of the lengths of examples' values, of such inputs."""
        return {
            field: self._arrays[field].lengths[self.numbers(field)]
            for field in self.fields_of_any_length
        }

    @property
    def lengths(self):
        """Lengths by which batches are bucketed, in ids or steps; or `None`."""
        values = [*self._value_lengths.values()]
        if values:
            return np.max(values, axis=0)
        if self.task.target.generates:
            return self.targets.lengths
        return self.input_lengths

    def has(self, field):
        """Whether any example has a field."""
        is_input = field in self.fields
        return is_input and self.presence[:, self.fields.index(field)].any()

    def presence_of(self, field):
        """Booleans `(n,)`: whether each example has a field."""
        return self.presence[self._indices, self.fields.index(field)]

    def numbers(self, field):
        """Index of each example's value of a field, the same if equal."""
        return self._arrays[field].place[self._indices]

    def views(self):
        """Number of augmented views that are cached for frozen branches."""
        return max(len(encoded.array) for encoded in self._arrays.values())

    def balance_classes(self):
        """Weighs examples by the inverse frequency of their class.

        With n examples of c classes, n_i of class i: n / (c n_i), so that the
        mean weight is 1.

        Raises:
            ValueError: If the target is not a class.
        """
        target = self.task.target
        if not target.has_probabilities or target.generates:
            raise ValueError(
                "`train.class_weights` needs one class per example, or per "
                f"step. Received: labels of type {type(target).__name__}"
            )
        counted = self.targets.weight > 0
        counted &= self.targets.values >= 0  # -1 is an unknown class.
        classes = self.targets.values[counted]
        counts = np.bincount(classes)
        weights = len(classes) / (np.count_nonzero(counts) * counts[classes])
        self.targets.weight[counted] *= weights.astype("float32")

    def inputs(
        self, order, hidden=None, permutations=None, view=0, shared=None
    ):
        """Gathers the inputs of examples.

        Args:
            order: Integers `(n,)`.
            hidden: Booleans `(n, fields)`: fields to hide from the model.
            permutations: Dict from fields to permutations of all examples:
                the index of the example whose value replaces each one's.
            view: Index of the view, or integers `(n,)`.
            shared: Pair of a field and the number of adjacent examples that
                share its value, which is gathered once.

        Returns:
            Dict of arrays; see `Task.normalize`.
        """
        x, presence, permutations = {}, [], permutations or {}
        for i, (field, encoded) in enumerate(self._arrays.items()):
            values_of = (
                permutations[field][order] if field in permutations else order
            )
            rows = self._indices[values_of]
            entries = encoded.place[rows]
            views = np.minimum(view, len(encoded.array) - 1)
            views = np.broadcast_to(views, entries.shape)
            if shared and shared[0] == field:
                entries, views = entries[:: shared[1]], views[:: shared[1]]
                numbers = np.arange(len(order)) // shared[1]
                x[f"{field}_index"] = numbers.astype("int32")
            x[field] = encoded.take(views, entries)
            presence.append(self.presence[rows, i])
        if "presence" in self.task.model.input:
            presence = np.stack(presence, 1)
            x["presence"] = presence if hidden is None else presence & ~hidden
        return x

    def batch(self, order, view=0, shared=None):
        """Gathers examples to train on.

        Args:
            order: Integers `(n,)`, -1 for no example.
            view: As of `inputs`.
            shared: As of `inputs`.

        Returns:
            Tuple of inputs, targets and weights; the weight for -1 is 0.
        """
        indices = np.maximum(order, 0)
        x = self.inputs(indices, view=view, shared=shared)
        is_example = (np.asarray(order) >= 0).reshape(
            -1, *[1] * (self.weight.ndim - 1)
        )
        weight = np.where(is_example, self.weight[indices], np.float32(0))
        if not self.task.target.generates:
            y = self.targets.take(indices)
            return x | self.task.target_inputs(y), y, weight
        tokens = padding.shorten(self.targets.take(order))
        parts = padding.without_padding(tokens, weight)
        x["tokens"], x["positions"], y, weight = parts
        return x, y, weight

    def outputs(
        self, fields=None, permutations=None, batch_size=256, **options
    ):
        """The outputs of the model for all examples.

        Examples with the same inputs are predicted once.

        Args:
            fields: Names of the fields to use; `None` for all.
            permutations: As of `inputs`.
            batch_size: int.
            **options: Of generation; see `Task.inference`.

        Returns:
            Logits, an array with an entry per example; or token ids.
        """
        first, inverse = self._distinct(permutations)
        parts = self._outputs(first, fields, permutations, batch_size, options)
        return self._joined(parts, first)[inverse]

    def sample_outputs(self, count, seed, batch_size=256):
        """The outputs of the model for a random sample of examples.

        Args:
            count: int. Number of examples; all, if there are fewer.
            seed: int.
            batch_size: int.

        Returns:
            Tuple of the indices of the examples, and an array of outputs.
        """
        rng = np.random.default_rng(seed)
        indices = np.sort(rng.permutation(len(self))[:count])
        parts = self._outputs(indices, None, None, batch_size, {})
        return indices, self._joined(parts, indices)

    def predictions(self, outputs):
        """Probabilities, numbers or tokens, as `Target.score` takes them."""
        if self.task.target.generates or self.task.target.searches:
            return outputs
        parts = [
            self._predictions(outputs[order], order)
            for order in _orders(len(self), _ROWS)
        ]
        return np.concatenate(parts)

    def choices(
        self, fields=None, permutations=None, batch_size=256, **options
    ):
        """Predictions for all examples, as `Target.agreement` takes them.

        Unlike with `outputs`, a table of all examples and classes is never in
        memory.

        Args:
            fields: As of `outputs`.
            permutations: As of `outputs`.
            batch_size: int.
            **options: As of `outputs`.
        """
        target = self.task.target
        if target.generates or target.searches:
            return self.outputs(fields, permutations, batch_size, **options)
        indices = np.arange(len(self))
        parts = self._outputs(indices, fields, permutations, batch_size, {})
        values = [
            (order, target.choose(self._predictions(outputs, order)))
            for order, outputs in parts
        ]
        return self._joined(values, indices)

    def remove_not_finite(self, outputs):
        """Removes the examples whose output is not finite.

        They are added to `errors`.

        Args:
            outputs: As of `outputs`.

        Returns:
            The outputs for the others.

        Raises:
            ValueError: If no example remains.
        """
        axes = tuple(range(self.weight.ndim, outputs.ndim))
        finite = np.isfinite(outputs).all(axis=axes)
        if finite.ndim == 2:
            finite = (finite | (self.weight == 0)).all(axis=1)
        if not finite.all():
            errors = np.where(finite, "", encoding.NOT_FINITE)
            self._remove(errors.tolist())
        return outputs[finite]

    def loss(self, outputs=None, permutations=None, batch_size=128):
        """Mean loss per example, or per token, without label smoothing.

        Args:
            outputs: As of `outputs`; not needed for models of texts.
            permutations: As of `inputs`, for models of texts.
            batch_size: int.
        """
        if self.task.target.generates:
            return self._text_loss(permutations, batch_size)
        if self.task.target.searches:
            return self._sequence_loss(permutations, batch_size)
        values = []
        for order in _orders(len(self), _ROWS):
            counts = self.weight[order] > 0
            y = self.targets.take(order)[counts]
            values.append(self.task.target.losses(y, outputs[order][counts]))
        return float(np.mean(np.concatenate(values)))

    def _predictions(self, outputs, order):
        counts = self.weight[order] > 0
        return self.task.target.predictions(outputs[counts])

    def _distinct(self, permutations=None):
        """Indices of examples with distinct inputs, and the inverse."""
        numbers, permutations = [], permutations or {}
        for i, (field, encoded) in enumerate(self._arrays.items()):
            rows = self._indices
            if field in permutations:
                rows = rows[permutations[field]]
            presence = self.presence[rows, i]
            numbers.append(np.where(presence, encoded.place[rows], -1))
        _, first, inverse = np.unique(
            np.stack(numbers, 1), axis=0, return_index=True, return_inverse=True
        )
        if len(first) == len(self):
            return np.arange(len(self)), np.arange(len(self))
        return first, inverse.reshape(-1)

    def _outputs(
        self, examples, fields, permutations, batch_size, options, model=None
    ):
        """Yields indices of examples and their outputs, by batch.

        Values of any length come sorted by it.
        """
        hidden = [fields is not None and f not in fields for f in self.fields]
        scored = self.task.scored if model is None else lambda x: x
        if self.fields_of_any_length:
            lengths = self.lengths[examples]
            examples = examples[np.argsort(lengths, kind="stable")]
        size = min(batch_size, len(examples))
        for positions in _orders(len(examples), size):
            order = examples[positions]
            padded = np.pad(order, (0, size - len(order)), mode="edge")
            x = self.inputs(
                padded, np.tile(hidden, (len(padded), 1)), permutations
            )
            x = self.task.normalize(x, cached=self.cached)
            predictor = model or self.task.predictor(
                size, self.cached, **options
            )
            outputs = scored(predictor.predict_on_batch(x))
            yield order, np.asarray(outputs)[: len(order)]

    def _joined(self, parts, examples):
        """Joins what `_outputs` yields, in the order of the examples."""
        if self.fields_of_any_length:
            return _in_order(parts, examples)
        return np.concatenate([outputs for _, outputs in parts])

    def _sequence_loss(self, permutations, batch_size):
        """Loss per token of a target that a search finds."""
        total = 0.0
        for order, logits in self._outputs(
            np.arange(len(self)),
            None,
            permutations,
            batch_size,
            {},
            self.task.logits_model(self.cached),
        ):
            y = self.targets.take(order)
            total += float(np.sum(self.task.target.losses(y, logits)))
        return total / np.count_nonzero(self.targets.values)

    def _text_loss(self, permutations, batch_size):
        """Cross-entropy per token; inputs are encoded once."""
        task, tokens = self.task, self.targets.values
        first, inverse = self._distinct(permutations)
        by_length = np.argsort(self.targets.lengths, kind="stable")
        batch_size = min(batch_size, len(self))
        total = 0.0
        for start in range(0, len(first), _CONTEXTS):
            chunk = first[start : start + _CONTEXTS]
            contexts = self._contexts(chunk, permutations)
            positions = inverse[by_length] - start
            examples = by_length[(0 <= positions) & (positions < len(chunk))]
            for i in range(0, len(examples), batch_size):
                order = examples[i : i + batch_size]
                pad = (0, batch_size - len(order))  # One shape, one trace.
                ids = padding.shorten(tokens[order])
                ids = np.pad(ids, [pad, (0, 0)])
                context = contexts[np.pad(inverse[order] - start, pad)]
                logits = task.decoder_model.predict_on_batch(
                    {"context": context, "tokens": ids[:, :-1]}
                )
                loss = losses.token_crossentropy(ids[:, 1:], logits)
                total += float(np.sum(np.asarray(loss)))
        return total / np.count_nonzero(tokens[:, 1:])

    def _contexts(self, indices, permutations, batch_size=64):
        model = self.task.context_model(self.cached)
        size = min(batch_size, len(indices))
        parts = []
        for chunk in _orders(len(indices), size):
            order = np.pad(indices[chunk], (0, size - len(chunk)), mode="edge")
            x = self.inputs(order, permutations=permutations)
            x = self.task.normalize(x, cached=self.cached)
            parts.append(np.float32(model.predict_on_batch(x))[: len(chunk)])
        if self.fields_of_any_length:
            parts = _of_one_length(parts)
        return np.concatenate(parts)

    def _remove(self, errors):
        """Removes the examples with an error, and encodes the targets."""
        skipped = [(row["id"], e) for row, e in zip(self.rows, errors) if e]
        self.errors += dict.fromkeys(skipped)  # Once per row, not per caption.
        indices = np.array([i for i, e in enumerate(errors) if not e], int)
        if not len(indices):
            name, error = self.errors[0]
            count = len({row["id"] for row in self.rows})
            raise ValueError(
                f"None of the {count} rows could be read. The first error: "
                f"{name}: {error}"
            )
        self._indices = self._indices[indices]
        self.rows = [self.rows[i] for i in indices]
        self.targets = self.task.target.encode(self.rows, self.task.steps)


def _in_order(parts, examples):
    """Joins what `_outputs` yields sorted by length."""
    orders, outputs = zip(*parts)
    places = np.argsort(np.concatenate(orders), kind="stable")
    ranks = np.argsort(np.argsort(examples, kind="stable"), kind="stable")
    return np.concatenate(outputs)[places][ranks]


def _of_one_length(parts):
    """Pads arrays `(batch, steps, size)` with zeros to the longest."""
    longest = max(part.shape[1] for part in parts)
    return [
        np.pad(part, [(0, 0), (0, longest - part.shape[1]), (0, 0)])
        for part in parts
    ]


def _orders(count, size):
    """Yields indices of examples, `size` at a time."""
    for i in range(0, count, size):
        yield np.arange(i, min(i + size, count))
