"""The examples of a split as a task's model takes them, encoded once."""

import dataclasses

import numpy as np

from mmkeras import losses
from mmkeras.data import encoding
from mmkeras.data import field_arrays
from mmkeras.data import padding
from mmkeras.data.fingerprint import fingerprint
from mmkeras.tasks import frozen_parts

_CONTEXTS = 1024  # Whose decoder inputs are in memory at the same time.
_ROWS = 1024  # Of a table of thousands of classes, at a time.


@dataclasses.dataclass(frozen=True)
class Data:
    """Rows of a data set by split; see `mmkeras.data.datasets`."""

    train: list
    val: list

    @property
    def fingerprint(self):
        """Digest of all that the rows and their files hold."""
        return fingerprint([*self.train, *self.val])


class Examples:
    """Encoded inputs and targets of the examples of rows.

    Files are decoded once and kept on disk, each one once however many rows
    share it; of branches with a frozen part, what that returns is kept
    instead. See `mmkeras.data.cache` and `mmkeras.data.frozen_features`.

    Args:
        task: A `tasks.Task`.
        rows: Rows of a data set with the task's fields and its target.
        progress: Function of the number of files done and in all.
        keep: bool. Whether to keep decoded files on disk.
        views: Augmentations of images to keep the outputs of a frozen branch
            for; see `mmkeras.data.views`.

    Attributes:
        rows: The examples that could be read and have an input.
        bad: List of `(row id, error)` of the others.
        cached: Names of the fields that are outputs of a frozen part.
        targets: A `tasks.targets.target.Encoded`.
    """

    def __init__(self, task, rows, progress=None, keep=True, views=("plain",)):
        self.task = task
        self.fields = task.fields
        rows = task.examples(rows)
        branches = frozen_parts.branches(task.model) if keep else {}
        self._arrays, present, errors = {}, [], [""] * len(rows)
        for field in self.fields:
            found = field_arrays.encode(
                task.codecs[field],
                [row.get(field) for row in rows],
                branches.get(field),
                views=views,
                progress=progress,
                keep=keep,
            )
            self._arrays[field] = found
            present.append(found.present)
            errors = [
                e or (wrong and f"{field}: {wrong}")
                for e, wrong in zip(errors, found.errors)
            ]
        self.cached = {f for f, found in self._arrays.items() if found.cached}
        self.presence = np.stack(present, 1)
        nothing = ~self.presence.any(1)
        no_input = encoding.no_input(self.fields)
        errors = [e or (no_input if n else "") for e, n in zip(errors, nothing)]
        errors = [e or t for e, t in zip(errors, task.target.errors(rows))]
        self._kept = np.arange(len(rows))
        self.rows, self.bad = rows, []
        self._leave_out(errors)

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
        """Ids of what the labels are of, in their order."""
        length = self.weight.shape[1] if self.weight.ndim == 2 else 1
        return [
            name
            for row in self.rows
            for name in row.get("ids", [row["id"]])[:length]
        ]

    @property
    def groups(self):
        """What each label's example belongs to; `None` if to nothing."""
        if self.weight.ndim == 2:
            return np.repeat(np.arange(len(self)), (self.weight > 0).sum(1))
        groups = [row.get("group") for row in self.rows]
        return None if None in groups else groups

    @property
    def input_lengths(self):
        """Length of each example's text, in ids; `None` without texts."""
        found = [
            np.count_nonzero(field.array[0, field.place[self._kept]], axis=1)
            for field in self._arrays.values()
            if field.is_text
        ]
        return np.max(found, axis=0) if found else None

    @property
    def lengths(self):
        """Length of what makes batches long: the texts, in ids; or `None`."""
        if self.task.target.generates:
            return self.targets.lengths
        return self.input_lengths

    def has(self, field):
        """Whether any example has a field."""
        known = field in self.fields
        return known and self.presence[:, self.fields.index(field)].any()

    def numbers(self, field):
        """Number of each example's value of a field; equal values share it."""
        return self._arrays[field].place[self._kept]

    def views(self):
        """Number of augmented views that are kept of frozen branches."""
        return max(len(found.array) for found in self._arrays.values())

    def inputs(self, order, hidden=None, replaced=None, view=0, shared=None):
        """Gathers the inputs of examples.

        Args:
            order: Integers `(n,)`.
            hidden: Booleans `(n, fields)`: what is hidden from the model.
            replaced: Dict from fields to permutations of all examples: whose
                value each is given instead of its own.
            view: Number of the view, or integers `(n,)`.
            shared: Pair of a field and an int: so many adjacent examples have
                the same value of that field, which is gathered once.

        Returns:
            Dict of arrays, as the model takes them once they are normalized.
        """
        x, present, replaced = {}, [], replaced or {}
        for i, (field, found) in enumerate(self._arrays.items()):
            whose = replaced[field][order] if field in replaced else order
            rows = self._kept[whose]
            place = found.place[rows]
            views = np.minimum(view, len(found.array) - 1)
            views = np.broadcast_to(views, place.shape)
            if shared and shared[0] == field:
                place, views = place[:: shared[1]], views[:: shared[1]]
                numbers = np.arange(len(order)) // shared[1]
                x[f"{field}_index"] = numbers.astype("int32")
            x[field] = found.array[views, place]
            present.append(self.presence[rows, i])
        if "presence" in self.task.model.input:
            present = np.stack(present, 1)
            x["presence"] = present if hidden is None else present & ~hidden
        return x

    def batch(self, order, view=0, shared=None):
        """Gathers examples to train on.

        Args:
            order: Integers `(n,)`, -1 for none.
            view: As of `inputs`.
            shared: As of `inputs`.

        Returns:
            Tuple of inputs, targets and weights, of which those of -1 are 0.
        """
        known = np.maximum(order, 0)
        x = self.inputs(known, view=view, shared=shared)
        there = (np.asarray(order) >= 0).reshape(
            -1, *[1] * (self.weight.ndim - 1)
        )
        weight = np.where(there, self.weight[known], np.float32(0))
        if not self.task.target.generates:
            return x, self.targets.take(known), weight
        tokens = padding.shorten(self.targets.take(order))
        found = padding.without_padding(tokens, weight)
        x["tokens"], x["positions"], y, weight = found
        return x, y, weight

    def outputs(self, fields=None, replaced=None, batch_size=256, **options):
        """The outputs of the model for all examples.

        Examples with the same inputs are predicted once.

        Args:
            fields: Names of the fields the model is given; `None` for all.
            replaced: As of `inputs`.
            batch_size: int.
            **options: Of generation; see `Task.inference`.

        Returns:
            Logits, an array with an entry per example; or token ids.
        """
        first, inverse = self._distinct(replaced)
        parts = self._outputs(first, fields, replaced, batch_size, options)
        return np.concatenate([outputs for _, outputs in parts])[inverse]

    def predictions(self, outputs):
        """Probabilities, numbers or tokens, as `Target.score` takes them."""
        if self.task.target.generates:
            return outputs
        found = [
            self._predictions(outputs[order], order)
            for order in _orders(len(self), _ROWS)
        ]
        return np.concatenate(found)

    def chosen(self, fields=None, replaced=None, batch_size=256, **options):
        """Predictions for all examples, as `Target.agreement` takes them.

        Unlike with `outputs`, a table of all examples and classes is never in
        memory.

        Args:
            fields: As of `outputs`.
            replaced: As of `outputs`.
            batch_size: int.
            **options: As of `outputs`.
        """
        target = self.task.target
        if target.generates:
            return self.outputs(fields, replaced, batch_size, **options)
        every = np.arange(len(self))
        parts = self._outputs(every, fields, replaced, batch_size, {})
        found = [
            target.choose(self._predictions(outputs, order))
            for order, outputs in parts
        ]
        return np.concatenate(found)

    def leave_out_not_finite(self, outputs):
        """Leaves out the examples whose output is not finite.

        They are named in `bad`.

        Args:
            outputs: As of `outputs`.

        Returns:
            The outputs for the others.

        Raises:
            ValueError: If none is left.
        """
        axes = tuple(range(self.weight.ndim, outputs.ndim))
        finite = np.isfinite(outputs).all(axis=axes)
        if finite.ndim == 2:
            finite = (finite | (self.weight == 0)).all(axis=1)
        if not finite.all():
            errors = np.where(finite, "", encoding.NOT_FINITE)
            self._leave_out(errors.tolist())
        return outputs[finite]

    def loss(self, outputs=None, replaced=None, batch_size=128):
        """Mean loss of the examples, or of a token, without label smoothing.

        Args:
            outputs: As of `outputs`; not needed for models that generate.
            replaced: As of `inputs`, for models that generate.
            batch_size: int.
        """
        if self.task.target.generates:
            return self._text_loss(replaced, batch_size)
        found = []
        for order in _orders(len(self), _ROWS):
            there = self.weight[order] > 0
            y = self.targets.take(order)[there]
            found.append(self.task.target.losses(y, outputs[order][there]))
        return float(np.mean(np.concatenate(found)))

    def _predictions(self, outputs, order):
        counts = self.weight[order] > 0
        return self.task.target.predictions(outputs[counts])

    def _distinct(self, replaced=None):
        """Places of examples with different inputs; and whose each has."""
        numbers, replaced = [], replaced or {}
        for i, (field, found) in enumerate(self._arrays.items()):
            rows = self._kept
            if field in replaced:
                rows = rows[replaced[field]]
            present = self.presence[rows, i]
            numbers.append(np.where(present, found.place[rows], -1))
        _, first, inverse = np.unique(
            np.stack(numbers, 1), axis=0, return_index=True, return_inverse=True
        )
        if len(first) == len(self):
            return np.arange(len(self)), np.arange(len(self))
        return first, inverse.reshape(-1)

    def _outputs(self, examples, fields, replaced, batch_size, options):
        """Yields places of examples and outputs for them, by batches."""
        hidden = [fields is not None and f not in fields for f in self.fields]
        model = self.task.inference(bool(self.cached), **options)
        size = min(batch_size, len(examples))
        for places in _orders(len(examples), size):
            order = examples[places]
            padded = np.pad(order, (0, size - len(order)), mode="edge")
            x = self.inputs(padded, np.tile(hidden, (len(padded), 1)), replaced)
            x = self.task.normalize(x, cached=self.cached)
            found = model.predict_on_batch(x)
            found = found["tokens"] if self.task.target.generates else found
            yield order, np.asarray(found)[: len(order)]

    def _text_loss(self, replaced, batch_size):
        """Cross-entropy per token; inputs are encoded once."""
        task, tokens = self.task, self.targets.values
        first, inverse = self._distinct(replaced)
        by_length = np.argsort(self.targets.lengths, kind="stable")
        batch_size = min(batch_size, len(self))
        total = 0.0
        for start in range(0, len(first), _CONTEXTS):
            some = first[start : start + _CONTEXTS]
            contexts = self._contexts(some, replaced)
            whose = inverse[by_length] - start
            mine = by_length[(0 <= whose) & (whose < len(some))]
            for i in range(0, len(mine), batch_size):
                order = mine[i : i + batch_size]
                blank = (0, batch_size - len(order))  # One shape, one trace.
                ids = padding.shorten(tokens[order])
                ids = np.pad(ids, [blank, (0, 0)])
                context = contexts[np.pad(inverse[order] - start, blank)]
                logits = task.decoder_model.predict_on_batch(
                    {"context": context, "tokens": ids[:, :-1]}
                )
                loss = losses.token_crossentropy(ids[:, 1:], logits)
                total += float(np.sum(np.asarray(loss)))
        return total / np.count_nonzero(tokens[:, 1:])

    def _contexts(self, places, replaced, batch_size=64):
        model = self.task.context_model(bool(self.cached))
        size = min(batch_size, len(places))
        parts = []
        for some in _orders(len(places), size):
            order = np.pad(places[some], (0, size - len(some)), mode="edge")
            x = self.inputs(order, replaced=replaced)
            x = self.task.normalize(x, cached=self.cached)
            parts.append(np.float32(model.predict_on_batch(x))[: len(some)])
        return np.concatenate(parts)

    def _leave_out(self, errors):
        """Leaves out the examples with an error, and encodes the targets."""
        named = [(row["id"], e) for row, e in zip(self.rows, errors) if e]
        self.bad += dict.fromkeys(named)  # Once per row, not per caption.
        good = np.array([i for i, e in enumerate(errors) if not e], int)
        if not len(good):
            name, error = self.bad[0]
            count = len({row["id"] for row in self.rows})
            raise ValueError(
                f"None of the {count} rows could be read. The first error: "
                f"{name}: {error}"
            )
        self._kept = self._kept[good]
        self.rows = [self.rows[i] for i in good]
        self.targets = self.task.target.encode(self.rows, self.task.steps)


def _orders(count, size):
    """Places of examples, so many at a time."""
    for i in range(0, count, size):
        yield np.arange(i, min(i + size, count))
