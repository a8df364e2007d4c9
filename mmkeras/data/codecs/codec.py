"""Base class of the codecs of inputs: packing, encoding and export."""

import numpy as np
import tensorflow as tf

from mmkeras.data import files
from mmkeras.data import inputs


class Codec:
    """Base class of the codecs of inputs, with defaults for strings.

    A codec takes three steps from raw Python values to a model's input:
    `pack` makes one tensor of them, `encode` decodes it with TensorFlow
    operations alone, and `normalize` scales integers such as pixels.

    Attributes:
        kind: `"image"`, `"audio"`, `"video"`, `"features"`, `"tabular"`,
            `"text"` or `"dialogue"`.
        in_file: bool. Whether raw values are files, as paths or as bytes.
        dtype: Data type of encoded values.
        shape: Tuple. Shape of one encoded value.
        size_unit: Unit in which `sizes` measures values: `"s"` or `"ids"`;
            `None` for values without a size of their own.
        max_size: Size beyond which values are truncated, in this unit.
        multiple: Of what number a batch of encoded values has a multiple of
            steps, if it can be cut after the longest; else `None`.
    """

    kind = None
    in_file = False
    dtype = "float32"
    size_unit = None
    multiple = None

    def columns(self, field):
        """Names of a field's raw values: its own, or columns of a table."""
        return (field,)

    def collect(self, field, batch):
        """Takes a field's values from a batch of raw values.

        Args:
            field: Name of the field.
            batch: Dict of lists by the field's name, or by its `columns`.

        Returns:
            List as for `pack`; `None` if the batch lacks the field.
        """
        return batch.get(field)

    def read_file(self, path):
        """Reads the file of a value, if values are files.

        Args:
            path: Path of the file.

        Returns:
            Its bytes, as for `pack`.

        Raises:
            ValueError: If it cannot be read; the error is the reason, without
                the path.
        """
        return files.read(path)

    def pack(self, values):
        """Packs raw values into one tensor.

        Args:
            values: List of strings, bytes, or `None` for a missing value.

        Returns:
            String tensor of shape `(n,)`, empty where missing.

        Raises:
            ValueError: If a value has another type.
        """
        return tf.constant([self._to_bytes(v) for v in values], tf.string)

    def try_pack(self, values):
        """Packs raw values, some of which may be of a wrong type.

        Args:
            values: List, as for `pack`.

        Returns:
            Tuple of a tensor as from `pack`, in which wrong values are
            missing, and a list of errors, `""` where there is none.
        """
        try:
            return self.pack(values), [""] * len(values)
        except (TypeError, ValueError):
            errors = [self._pack_error(value) for value in values]
        good = [None if error else v for v, error in zip(values, errors)]
        return self.pack(good), errors

    def missing(self, size):
        """Returns the packed tensor of `size` missing values."""
        return tf.fill([size], "")

    def encode(self, packed):
        """Encodes packed values with TensorFlow operations alone.

        Args:
            packed: Tensor from `pack`.

        Returns:
            Tuple of the encoded values, of shape `(n, *shape)`, zeros where
            missing; booleans `(n,)`, whether each is present; and errors,
            strings `(n,)`, empty where there is none.
        """
        raise NotImplementedError

    def encode_one(self, packed):
        """Encodes one packed value; use it in `dataset.map`.

        Args:
            packed: One element of a tensor from `pack`.

        Returns:
            Tuple of the encoded value, zeros if it is missing, and a scalar
            boolean, whether it is present.

        Raises:
            tf.errors.InvalidArgumentError: If the value cannot be read.
        """
        batch = tf.nest.map_structure(lambda x: tf.expand_dims(x, 0), packed)
        x, present, errors = self.encode(batch)
        readable = tf.debugging.Assert(errors[0] == "", [errors[0]])
        with tf.control_dependencies([readable]):
            return tf.identity(x[0]), present[0]

    def normalize(self, x):
        """Scales encoded values for the model; by default, returns them."""
        return x

    def lengths(self, encoded):
        """Measures encoded values without their padding.

        Args:
            encoded: Array `(n, *shape)`.

        Returns:
            Integers `(n,)`; here, of values that cannot be cut, their length.
        """
        return np.full(len(encoded), self.shape[0])

    def shorten(self, x):
        """Cuts a batch after its longest value, by TensorFlow operations.

        Args:
            x: Tensor of encoded values, `(n, *shape)`.

        Returns:
            Tensor `(n, length, ...)`; here, the same one.
        """
        return x

    def signature(self, name):
        """Describes the packed values that an export takes.

        Args:
            name: Name of the field.

        Returns:
            `tf.TensorSpec`; or a dict of several by argument.
        """
        return tf.TensorSpec((None,), tf.string, name=name)

    def from_arguments(self, field, batch):
        """Takes a field's packed values from the arguments of an export.

        Args:
            field: Name of the field.
            batch: Dict of tensors by argument.

        Returns:
            As from `pack`; `None` if the batch lacks the field.
        """
        return batch.get(field)

    def to_arguments(self, field, values):
        """Makes the arguments of an export of a field's raw values.

        Args:
            field: Name of the field.
            values: List as for `pack`.

        Returns:
            Dict of lists by argument.
        """
        return {field: values}

    def samples(self):
        """Makes raw values to test an export with; the last one is missing.

        Returns:
            List of raw values, the same at every call.
        """
        raise NotImplementedError

    def builder_arguments(self, field):
        """Returns the model builder's arguments that follow from the codec.

        Args:
            field: Name of the field.

        Returns:
            Dict of arguments.
        """
        return {f"{field}_shape": self.shape}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _to_bytes(self, value):
        return inputs.to_bytes(value, f"`{type(self).__name__}`")

    def _pack_error(self, value):
        try:
            self.pack([value])
        except (TypeError, ValueError) as error:
            return str(error)
        return ""
