"""Codec of the columns of a table: numbers and categories to one vector."""

import collections
import keyword
import math
import re

import numpy as np
import tensorflow as tf

from mmkeras.data import cells
from mmkeras.data import inputs
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.vocabulary import Vocabulary

_MIN_COUNT = 2  # In training; rarer categories are unknown ones.
_MAX_VALUES = 1000  # Of a column; rarer categories are unknown ones.
_LARGEST = 1000.0  # Deviations from the mean, beyond which numbers are cut.


class Tabular(Codec):
    """Standardises numbers, and encodes categories one-hot, in one vector.

    A number x becomes (x - mean) / deviation, 0 where it is missing; a
    category becomes a vector that is 1 at its place in the column's values.
    The vector also has a place for missing cells of a column, and for
    categories that are not among its values, if the training rows have such
    cells: otherwise there is nothing to learn of them, and they are zeros.

    `keras.utils.FeatureSpace` encodes alike, but with hash tables, which are
    resources that every export has to track; see `vocabulary.Vocabulary`.

    Args:
        numbers: Dict from columns to dicts of `"mean"`, `"deviation"` and
            `"has_missing"`, those of the training rows.
        categories: Dict from columns to dicts of `"values"`, a list of
            strings, `"has_unknown"` and `"has_missing"`.

    Raises:
        ValueError: If there is no column, a column is both, or a value is
            not as described.
    """

    kind = "tabular"

    def __init__(self, numbers=None, categories=None):
        self.numbers = {k: _number(k, v) for k, v in (numbers or {}).items()}
        self.categories = {
            k: _category(k, v) for k, v in (categories or {}).items()
        }
        names = [*self.numbers, *self.categories]
        if not names or len({*names}) < len(names):
            raise ValueError(
                "`Tabular` needs columns of numbers or categories, each once. "
                f"Received: {names}"
            )
        self._words = {
            name: Vocabulary(column["values"] or [""])
            for name, column in self.categories.items()
        }
        self._arguments = _identifiers(names)

    @classmethod
    def from_rows(cls, rows):
        """Fits the codec to training rows.

        Args:
            rows: List of dicts from columns to floats (numbers), strings
                (categories) or `None` (missing). A column without values is
                left out.

        Returns:
            A `Tabular`.
        """
        numbers, categories = {}, {}
        for name in dict.fromkeys(name for row in rows for name in row):
            column = [row.get(name) for row in rows]
            values = [value for value in column if value is not None]
            has_missing = len(values) < len(column)
            if not values:
                continue
            if isinstance(values[0], str):
                categories[name] = _values_of(values, has_missing)
            else:
                numbers[name] = _statistics(values, has_missing)
        return cls(numbers, categories)

    @property
    def shape(self):
        """Shape of one encoded row: `(size,)`."""
        numbers = sum(1 + c["has_missing"] for c in self.numbers.values())
        return (numbers + sum(map(_depth, self.categories.values())),)

    def columns(self, field):
        """See `Codec.columns`: the columns of the table."""
        return (*self.numbers, *self.categories)

    def collect(self, field, batch):
        """See `Codec.collect`: a list of dicts from columns to cells."""
        lists = {n: batch[n] for n in self.columns(field) if n in batch}
        if field in batch or not lists:
            return batch.get(field)
        return [dict(zip(lists, row)) for row in zip(*lists.values())]

    def pack(self, values):
        """Packs rows into one tensor for each column.

        Args:
            values: List of dicts from columns to cells, as of `data.cells`;
                or `None` for a missing row. Other columns are ignored.

        Returns:
            Dict of tensors `(n,)`: float32, NaN where missing, for numbers;
            strings, empty where missing, for categories.

        Raises:
            ValueError: If a cell cannot be read.
        """
        rows = [_cells(value) for value in values]
        packed = {}
        for name in self.numbers:
            column = [_read(cells.to_number, name, row) for row in rows]
            with np.errstate(over="ignore"):  # Infinite, which is an error.
                packed[name] = tf.constant(np.array(column).astype("float32"))
        for name in self.categories:
            column = [_read(cells.to_category, name, row) for row in rows]
            column = [inputs.to_bytes(value) for value in column]
            packed[name] = tf.constant(column, tf.string)
        return packed

    def missing(self, size):
        """See `Codec.missing`: NaN and empty strings."""
        numbers = {k: tf.fill([size], float("nan")) for k in self.numbers}
        return numbers | {k: tf.fill([size], "") for k in self.categories}

    def encode(self, packed):
        """See `Codec.encode`: numbers that are not finite are errors."""
        parts, missing, errors = [], [], ""
        for name, column in self.numbers.items():
            x, is_missing, reason = _standardize(packed[name], column)
            errors = tf.where(errors == "", _prefixed(name, reason), errors)
            parts += [x, is_missing] if column["has_missing"] else [x]
            missing.append(is_missing)
        parts = [tf.cast(part, tf.float32)[:, None] for part in parts]
        for name, column in self.categories.items():
            x, is_missing = _one_hot(packed[name], column, self._words[name])
            parts.append(x)
            missing.append(is_missing)
        present = ~tf.reduce_all(tf.stack(missing, 1), 1)
        errors = tf.broadcast_to(errors, tf.shape(present))
        good = (present & (errors == ""))[:, None]
        x = tf.where(good, tf.concat(parts, 1), 0.0)
        return tf.ensure_shape(x, (None, *self.shape)), present, errors

    def signature(self, name):
        """See `Codec.signature`: a dict with an argument for each column.

        An argument has the name of its column, with underscores in place of
        characters that a Python name cannot have, and a prefix `column_` if
        it is not a name otherwise.
        """
        return {
            argument: tf.TensorSpec(
                (None,),
                tf.float32 if column in self.numbers else tf.string,
                name=argument,
            )
            for column, argument in self._arguments.items()
        }

    def from_arguments(self, field, batch):
        """See `Codec.from_arguments`."""
        if not {*self._arguments.values()} <= {*batch}:
            return None
        return {
            column: batch[argument]
            for column, argument in self._arguments.items()
        }

    def to_arguments(self, field, values):
        """See `Codec.to_arguments`: a list for each column."""
        packed = self.pack(values)
        return {
            argument: list(packed[column].numpy())
            for column, argument in self._arguments.items()
        }

    def samples(self):
        """See `Codec.samples`: usual, unknown and missing cells."""
        rows = [{}, {}, {}, {}]
        for name, column in self.numbers.items():
            mean, deviation = column["mean"], column["deviation"]
            numbers = mean, mean + deviation, mean - 2 * deviation, math.nan
            for row, number in zip(rows, numbers):
                row[name] = np.float32(number)
        for name, column in self.categories.items():
            values = column["values"] or ["?"]
            words = values[0], values[-1], f"{values[0]} ?", ""
            for row, word in zip(rows, words):
                row[name] = word
        return rows

    def get_config(self):
        return {"numbers": self.numbers, "categories": self.categories}


def _number(name, column):
    """Checks the description of a column of numbers."""
    mean, deviation = float(column["mean"]), float(column["deviation"])
    if not (math.isfinite(mean) and 0 < deviation < math.inf):
        raise ValueError(
            f"The column `{name}` needs a finite mean and a deviation above "
            f"0. Received: {mean} and {deviation}"
        )
    return {
        "mean": mean,
        "deviation": deviation,
        "has_missing": bool(column["has_missing"]),
    }


def _category(name, column):
    """Checks the description of a column of categories."""
    values = list(column["values"])
    column = {
        "values": values,
        "has_unknown": bool(column["has_unknown"]),
        "has_missing": bool(column["has_missing"]),
    }
    good = all(isinstance(value, str) and value for value in values)
    if not good or len({*values}) < len(values) or not _depth(column):
        raise ValueError(
            f"The column `{name}` needs different strings that are not empty, "
            f"or unknown values. Received: {str(values)[:80]}"
        )
    return column


def _depth(column):
    """Size of the one-hot vector of a column of categories."""
    extra = column["has_unknown"] + column["has_missing"]
    return len(column["values"]) + extra


def _statistics(values, has_missing):
    """Mean and standard deviation of training values."""
    values = np.float64(np.float32(values))
    mean, deviation = values.mean(), values.std()
    is_constant = deviation <= 1e-9 * abs(mean)  # Only rounding errors.
    return {
        "mean": float(mean),
        "deviation": 1.0 if is_constant else float(deviation),
        "has_missing": has_missing,
    }


def _values_of(values, has_missing):
    """The frequent values of training rows, the most frequent first."""
    counts = collections.Counter(values).most_common(_MAX_VALUES)
    frequent = [value for value, count in counts if count >= _MIN_COUNT]
    return {
        "values": frequent,
        "has_unknown": len(frequent) < len({*values}),
        "has_missing": has_missing,
    }


def _standardize(x, column):
    """Standardised numbers, which of them are missing, and errors."""
    is_missing, is_finite = tf.math.is_nan(x), tf.math.is_finite(x)
    x = tf.cast(tf.where(is_finite, x, 0.0), tf.float64)
    z = (x - column["mean"]) / column["deviation"]
    z = tf.cast(tf.clip_by_value(z, -_LARGEST, _LARGEST), tf.float32)
    reason = tf.where(is_missing | is_finite, "", "expected a finite number")
    return tf.where(is_finite, z, 0.0), is_missing, reason


def _one_hot(text, column, words):
    """One-hot vectors of categories, and which of them are missing."""
    text, depth = tf.strings.strip(text), _depth(column)
    place, is_known = words.find(text)
    unknown = len(column["values"]) if column["has_unknown"] else -1
    missing = depth - 1 if column["has_missing"] else -1
    is_missing = text == ""
    place = tf.where(is_known, place, unknown)
    place = tf.where(is_missing, missing, place)
    return tf.one_hot(place, depth), is_missing


def _prefixed(name, reason):
    return tf.where(reason == "", "", f"`{name}`: " + reason)


def _cells(value):
    if value is not None and not isinstance(value, dict):
        raise ValueError(
            "Expected a dict from columns to cells, or None (missing). "
            f"Received: a value of type {type(value).__name__}"
        )
    return value or {}


def _read(reader, name, row):
    """Reads a cell; NaN or `None` where it is missing."""
    try:
        return reader(row.get(name))
    except ValueError as error:
        raise ValueError(f"`{name}`: {error}") from error


def _identifiers(names):
    """Dict from columns to different names of arguments in a graph."""
    arguments = {}
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not plain[:1].isalpha() or keyword.iskeyword(plain):
            plain = f"column_{plain}"
        while plain in arguments.values():
            plain += "_"
        arguments[name] = plain
    return arguments
