"""The examples of a split as a judge takes them, encoded once."""

import keras
import numpy as np

from mmkeras import losses
from mmkeras.data import cache
from mmkeras.data import encoding
from mmkeras.training import targets

_ROWS = 1024  # Of thousands of classes, that make a table at a time.


class Examples:
    """Encoded inputs and labels of rows, any of them absent.

    What is in files is decoded once and kept on disk, each file once however
    many rows share it; see `mmkeras.data.cache`.

    Args:
        task: A `tasks.Classify`.
        rows: Rows of a data set with the task's fields and `"label"`; of a
            task that judges every step of a sequence, with a list of labels.
        progress: Function of the files decoded and in all.
        keep: bool. Whether to keep decoded files on disk.

    Attributes:
        rows: The rows that could be read and in which something is there.
        bad: List of `(row id, error)` of the others.
    """

    def __init__(self, task, rows, progress=None, keep=True):
        self.fields = task.fields
        self.bad = []
        self._arrays, there, errors = {}, [], [""] * len(rows)
        for field in self.fields:
            values = [row.get(field) for row in rows]
            codec = task.codecs[field]
            if codec.in_file:
                found = _files(codec, values, progress, keep)
            else:
                packed, wrong = codec.try_pack(values)
                x, known, unread = codec.encode(packed)
                wrong = [w or u for w, u in zip(wrong, _text(unread))]
                place = np.arange(len(rows))
                found = x.numpy(), place, known.numpy(), wrong
            array, place, known, wrong = found
            self._arrays[field] = array, place
            there.append(known)
            errors = [
                e or (w and f"{field}: {w}") for e, w in zip(errors, wrong)
            ]
        self.presence = np.stack(there, 1)
        nothing = ~self.presence.any(1)
        no_input = encoding.no_input(task.fields)
        errors = [e or (no_input if n else "") for e, n in zip(errors, nothing)]
        label, shape = task.codecs["label"], task.model.output_shape
        wrong = targets.errors(label, rows)
        errors = [e or w for e, w in zip(errors, wrong)]
        self._choose(rows, errors)
        self._make_targets = lambda: targets.Targets(label, self.rows, shape)
        self._targets = self._make_targets()

    def __len__(self):
        return len(self.rows)

    @property
    def labels(self):
        """Labels as `task.score` takes them; of sequences, step after step."""
        return self._targets.labels

    @property
    def weight(self):
        """What counts, as `Targets` says."""
        return self._targets.weight

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
    def lengths(self):
        """How long each example's text is, in ids; `None` without texts."""
        found = [
            np.count_nonzero(array[place[self._kept]], axis=1)
            for array, place in self._arrays.values()
            if array.ndim == 2 and array.dtype == np.int32
        ]
        return np.max(found, axis=0) if found else None

    def has(self, field):
        """Whether any example has a field."""
        known = field in self.fields
        return known and self.presence[:, self.fields.index(field)].any()

    @property
    def images(self):
        """The number of each example's image."""
        return self._arrays["image"][1][self._kept]

    def gather(self, order, hide=None, instead=None):
        """Gathers examples.

        Args:
            order: Integers `(n,)`.
            hide: Booleans `(n, fields)`: what is to be kept from the model.
            instead: Dict from fields to permutations of all examples: whose
                value each is given instead of its own.

        Returns:
            Tuple of inputs, labels and weights, arrays with a batch of n.
        """
        x, there = {}, []
        for i, (field, (array, place)) in enumerate(self._arrays.items()):
            whose = (instead or {}).get(field, np.arange(len(self)))
            rows = self._kept[whose[order]]
            x[field] = array[place[rows]]
            there.append(self.presence[rows, i])
        if len(self.fields) > 1:
            there = np.stack(there, 1)
            x["presence"] = there if hide is None else there & ~hide
        if self._targets.words is not None:
            x["tokens"] = self._targets.words[order]
        return x, self._targets.of(order), self.weight[order]

    def logits(self, task, only=None, batch_size=256, instead=None):
        """What the model says of all examples: logits, or tokens.

        Args:
            task: The task.
            only: Names of the fields it may perceive; `None` for all.
            batch_size: int.
            instead: As of `gather`.
        """
        parts = self._said(task, only, batch_size, instead)
        return np.concatenate([logits for _, logits in parts])

    def chances(self, task, logits):
        """Probabilities, or numbers, as `task.score` takes them."""
        found = [
            _chances(task, logits[order][self.weight[order] > 0])
            for order in _orders(len(self), _ROWS)
        ]
        return np.concatenate(found)

    def judgements(self, task, only=None, batch_size=256, instead=None):
        """Predictions of all examples, as `evaluation.baselines.scorer` takes.

        Args:
            task: The task.
            only: As of `logits`.
            batch_size: int.
            instead: As of `gather`.

        Returns:
            Array of the likeliest classes' numbers, without the table of all
            examples and classes; or as `chances`.
        """
        chosen = task.codecs["label"].chosen
        parts = self._said(task, only, batch_size, instead)
        found = [
            chosen(_chances(task, logits[self.weight[order] > 0]))
            for order, logits in parts
        ]
        return np.concatenate(found)

    def leave_out_not_finite(self, logits):
        """Leaves out the examples of which a model's output is not finite.

        They are named in `bad`.

        Args:
            logits: As of `logits`.

        Returns:
            The logits of the others.

        Raises:
            ValueError: If none is left.
        """
        axes = tuple(range(self.weight.ndim, logits.ndim))
        finite = np.isfinite(logits).all(axis=axes)
        if finite.ndim == 2:
            finite = (finite | (self.weight == 0)).all(axis=1)
        if finite.all():
            return logits
        bad, kept = self.bad, self._kept
        errors = np.where(finite, "", encoding.NOT_FINITE).tolist()
        self._choose(self.rows, errors)
        self.bad = [*bad, *self.bad]
        self._kept = kept[finite]
        self._targets = self._make_targets()
        return logits[finite]

    def loss(self, task, logits):
        """Mean loss of the examples, without label smoothing.

        Of answers in words it is that of a word after the right ones.
        """
        if task.writes:
            return self._loss_of_words(task)
        found = []
        for order in _orders(len(self), _ROWS):
            there = self.weight[order] > 0
            y = self._targets.of(order)[there]
            found.append(_losses(task, y, logits[order][there]))
        return float(keras.ops.mean(np.concatenate(found)))

    def _said(self, task, only, batch_size, instead):
        """Places of examples and what is said of them, a batch at a time."""
        hidden = [only is not None and f not in only for f in self.fields]
        for order in _orders(len(self), batch_size):
            hide = np.tile(hidden, (len(order), 1))
            x, _, _ = self.gather(order, hide, instead)
            x.pop("tokens", None)
            yield order, task.predict(x)

    def _loss_of_words(self, task, batch_size=256):
        parts = []
        for order in _orders(len(self), batch_size):
            x, y, _ = self.gather(order)
            said = task.model.predict_on_batch(task.scale(x))
            parts.append(losses.token_crossentropy(y, said))
        parts = np.concatenate([keras.ops.convert_to_numpy(x) for x in parts])
        return float(parts.sum() / np.count_nonzero(self.labels))

    def _choose(self, rows, errors):
        """Leaves out the rows that could not be read."""
        self.bad = [(row["id"], e) for row, e in zip(rows, errors) if e]
        self._kept = np.array([i for i, e in enumerate(errors) if not e], int)
        self.rows = [rows[i] for i in self._kept]
        if not self.rows:
            raise ValueError(
                f"None of the {len(rows)} rows could be read. The first "
                f"error: {self.bad[0][0]}: {self.bad[0][1]}"
            )


def _orders(count, size):
    """Places of examples, so many at a time."""
    for i in range(0, count, size):
        yield np.arange(i, min(i + size, count))


def _chances(task, logits):
    _, chances = task.codecs["label"].decode(logits)
    return chances.numpy()


def _losses(task, y, logits):
    """The loss of each example, or of each label of it."""
    kind = task.codecs["label"].kind
    if kind == "number":
        return np.abs(y - logits.reshape(y.shape))
    if kind == "single":
        loss = keras.ops.categorical_crossentropy(y, logits, True)
    else:
        loss = keras.ops.binary_crossentropy(y, logits, True)
    return keras.ops.convert_to_numpy(loss)


def _files(codec, values, progress, keep):
    """Decodes files, each one once.

    Returns:
        Array of what is different; the place in it of each value, whether
        each value is there, and errors.
    """
    different = list(dict.fromkeys(v for v in values if v))
    known = np.array([bool(v) for v in values])
    if not different:
        shape = (1, *codec.shape)
        none = np.zeros(len(values), int)
        return np.zeros(shape, codec.dtype), none, known, [""] * len(values)
    bad = []
    shape = (len(different), *codec.shape)
    if keep:
        array = cache.cached(
            {"kind": "files", **cache.key_of_files(different, codec)},
            lambda array, start: _decode(codec, different, array, start),
            shape,
            codec.dtype,
            progress=progress,
            bad=bad,
        )
    else:
        array = np.zeros(shape, codec.dtype)
        for _, _, wrong in _decode(codec, different, array):
            bad += wrong
    errors = {i: _blamed(different[i], error) for i, error in bad}
    numbers = {value: i for i, value in enumerate(different)}
    place = np.array([numbers.get(v, 0) for v in values])
    wrong = [errors.get(numbers[v], "") if v else "" for v in values]
    return array, place, known, wrong


def _decode(codec, values, array, start=0):
    """Fills an array; yields as `cache.cached` wants it."""
    for batch, errors in cache.batches(values, codec, start):
        end = start + len(batch)
        array[start:end] = batch
        named = zip(range(start, end), errors)
        bad = [(i, error.decode("utf-8")) for i, error in named if error]
        yield end, len(values), bad
        start = end


def _blamed(value, error):
    """Why a file cannot be read, and which, if it has a name."""
    return error if isinstance(value, bytes) else f"{value}: {error}"


def _text(errors):
    return [error.decode("utf-8") for error in errors.numpy()]
