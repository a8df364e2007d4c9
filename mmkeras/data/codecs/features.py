"""Features codec: precomputed vectors or sequences."""

import collections

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs.codec import Codec


class Features(Codec):
    """Checks arrays of features, and pads or truncates sequences.

    Args:
        shape: Tuple `(size,)` of a vector or `(length, size)` of a sequence;
            longer ones are truncated, shorter ones padded with zeros.

    Raises:
        ValueError: If the shape is invalid.
    """

    kind = "features"

    def __init__(self, shape):
        shape = tuple(int(side) for side in shape)
        if len(shape) not in (1, 2) or min(shape) < 1:
            raise ValueError(
                "`shape` must be (size,) for vectors or (length, size) for "
                f"sequences. Received: shape={shape}"
            )
        self.shape = shape

    @classmethod
    def from_arrays(cls, arrays):
        """Makes the codec of the commonest size in a training split.

        Args:
            arrays: List of arrays, vectors `(size,)` or sequences `(length,
                size)`.

        Returns:
            A `Features` of the commonest size and, for sequences, the largest
            length of that size.
        """
        counts = collections.Counter((x.ndim, x.shape[-1]) for x in arrays)
        [(kind, _)] = counts.most_common(1)
        same = [x for x in arrays if (x.ndim, x.shape[-1]) == kind]
        return cls((max(map(len, same)), *same[0].shape[1:]))

    def __call__(self, array):
        """Pads or truncates one array.

        Args:
            array: Of shape `(size,)` or `(any length, size)`.

        Returns:
            float32 tensor of shape `shape`.

        Raises:
            ValueError: If the array has another size.
        """
        return tf.constant(self.fit(array))

    @property
    def expected(self):
        """Shape of valid arrays, for messages."""
        if len(self.shape) == 1:
            return str(self.shape)
        return f"(any, {self.shape[1]})"

    def fits(self, array):
        """Checks whether an array has the size of the codec."""
        same = array.ndim == len(self.shape)
        return same and array.shape[-1] == self.shape[-1]

    def fit(self, array):
        """Pads or truncates one array; like the call, but returns an array."""
        array = np.asarray(array, "float32")
        if not self.fits(array):
            raise ValueError(
                f"Expected features of shape {self.expected}. Received: an "
                f"array of shape {array.shape}"
            )
        if array.ndim == 1:
            return array
        result = np.zeros(self.shape, "float32")
        result[: len(array)] = array[: self.shape[0]]
        return result

    def pack(self, values):
        """Packs arrays into one tensor.

        Args:
            values: List of arrays, or `None` for a missing value.

        Returns:
            float32 tensor of shape `(n, *shape)`, NaN where missing.

        Raises:
            ValueError: If an array has another size.
        """
        missing = self._missing()
        arrays = [missing if v is None else self.fit(v) for v in values]
        return tf.constant(np.stack(arrays))

    def missing(self, size):
        """See `Codec.missing`: NaN."""
        return tf.fill([size, *self.shape], float("nan"))

    def encode(self, packed):
        """See `Codec.encode`: values that are not finite are errors."""
        axes = list(range(1, len(self.shape) + 1))
        present = ~tf.reduce_all(tf.math.is_nan(packed), axes)
        finite = tf.reduce_all(tf.math.is_finite(packed), axes)
        errors = tf.where(present & ~finite, "values that are not finite", "")
        good = tf.reshape(present & finite, [-1] + [1] * len(axes))
        return tf.where(good, packed, 0.0), present, errors

    def signature(self, name):
        """See `Codec.signature`: arrays of `shape`."""
        return tf.TensorSpec((None, *self.shape), tf.float32, name=name)

    def samples(self):
        """See `Codec.samples`: normally distributed numbers."""
        rng = np.random.default_rng(0)
        arrays = rng.normal(size=(4, *self.shape)).astype("float32")
        return [*arrays, self._missing()]

    def get_config(self):
        return {"shape": list(self.shape)}

    def _missing(self):
        return np.full(self.shape, np.nan, "float32")
