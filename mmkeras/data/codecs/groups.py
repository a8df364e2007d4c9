"""Groups codec: numbers texts, the same ones alike."""

import tensorflow as tf

_BUCKETS = 2**62


class Groups:
    """Numbers the groups that examples belong to, by a hash of their names.

    A target that compares the examples of a batch thus knows which of them
    belong together, without a table of all groups.
    """

    kind = "groups"
    size = None  # The number of outputs does not follow from it.

    def __call__(self, names):
        """Numbers names of groups.

        Args:
            names: Strings of any shape.

        Returns:
            int64 tensor of the same shape, at least 0.
        """
        return tf.strings.to_hash_bucket_fast(names, _BUCKETS)

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
