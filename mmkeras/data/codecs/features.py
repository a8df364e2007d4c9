"""Features codec: vectors or sequences that were computed elsewhere."""

import collections

import numpy as np
import tensorflow as tf


class Features:
    """Checks arrays of features, and brings sequences to one length.

    Args:
        shape: Tuple `(size,)` of a vector or `(length, size)` of a sequence;
            a longer one is cut, a shorter one followed by zeros.

    Raises:
        ValueError: If it is no such shape.
    """

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
        """Makes the codec that fits most of the arrays of a training split.

        Args:
            arrays: List of arrays, vectors `(size,)` or sequences `(length,
                size)`.

        Returns:
            A `Features` of the commonest size and, of sequences, as long as
            the longest of that size.
        """
        counts = collections.Counter((x.ndim, x.shape[-1]) for x in arrays)
        [(kind, _)] = counts.most_common(1)
        same = [x for x in arrays if (x.ndim, x.shape[-1]) == kind]
        return cls((max(map(len, same)), *same[0].shape[1:]))

    def __call__(self, array):
        """Brings one array to its shape.

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
        """The shape of arrays that fit, for messages."""
        if len(self.shape) == 1:
            return str(self.shape)
        return f"(any, {self.shape[1]})"

    def fits(self, array):
        """Whether an array has the size that the codec takes."""
        same = array.ndim == len(self.shape)
        return same and array.shape[-1] == self.shape[-1]

    def fit(self, array):
        """As the call, from array to array."""
        array = np.asarray(array, "float32")
        if not self.fits(array):
            raise ValueError(
                f"Expected features of shape {self.expected}. Received: an "
                f"array of shape {array.shape}"
            )
        if array.ndim == 1:
            return array
        filled = np.zeros(self.shape, "float32")
        filled[: len(array)] = array[: self.shape[0]]
        return filled

    def get_config(self):
        return {"shape": list(self.shape)}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
