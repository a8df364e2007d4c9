"""Merges pairs of symbols by rank, as TensorFlow operations."""

import numpy as np
import tensorflow as tf


class PairTable:
    """Pairs of symbols, each with its rank and the symbol it becomes.

    Args:
        pairs: Dict from pairs of symbols to tuples of a rank, an integer from
            0 on, and a symbol. Pairs with the same rank become the same one.
        num_symbols: int. Number of symbols, which are integers from 0 on.
    """

    def __init__(self, pairs, num_symbols):
        self._count = num_symbols
        keys = [first * num_symbols + second for first, second in pairs]
        order = np.argsort(keys)
        self._keys = np.array(keys, "int64")[order]
        ranks = [rank for rank, _ in pairs.values()]
        self._ranks = np.array(ranks, "int32")[order]
        self._merged = np.zeros(max(ranks, default=-1) + 1, "int32")
        for rank, merged in pairs.values():
            self._merged[rank] = merged

    def merge(self, symbols, rows):
        """Merges symbols until no row has a pair of the table.

        Of each row, the pair with the lowest rank is merged wherever it is,
        from the left.

        Args:
            symbols: int32 tensor of shape `(n,)`, the symbols of all rows.
            rows: int32 tensor of shape `(n,)`, the row of each, in order.

        Returns:
            Tuple of the remaining symbols and their rows.
        """
        if not len(self._keys):
            return symbols, rows

        def step(symbols, rows, _):
            ranks = self._ranks_of(symbols, rows)
            first = tf.math.segment_min(ranks, rows[:-1])
            match = ranks == tf.gather(first, rows[:-1])
            match &= ranks < len(self._merged)
            merged = tf.gather(
                self._merged, tf.minimum(ranks, len(self._merged) - 1)
            )
            chosen = _without_overlaps(match)
            begins, ends = tf.pad(chosen, [[0, 1]]), tf.pad(chosen, [[1, 0]])
            symbols = tf.where(begins, tf.pad(merged, [[0, 1]]), symbols)
            return (
                tf.boolean_mask(symbols, ~ends),
                tf.boolean_mask(rows, ~ends),
                tf.reduce_any(match),
            )

        symbols, rows, _ = tf.while_loop(
            lambda *state: state[-1],
            step,
            (symbols, rows, tf.size(symbols) > 1),
            shape_invariants=(
                tf.TensorShape([None]),
                tf.TensorShape([None]),
                tf.TensorShape([]),
            ),
        )
        return symbols, rows

    def _ranks_of(self, symbols, rows):
        """Ranks of the pairs of neighbours; beyond the highest for none."""
        first, second = tf.cast(symbols[:-1], tf.int64), symbols[1:]
        keys = first * self._count + tf.cast(second, tf.int64)
        place = tf.searchsorted(self._keys, keys)
        place = tf.minimum(place, len(self._keys) - 1)
        is_pair = tf.gather(self._keys, place) == keys
        is_pair &= rows[:-1] == rows[1:]
        return tf.where(
            is_pair, tf.gather(self._ranks, place), len(self._merged)
        )


def _without_overlaps(match):
    """Leaves every other one of pairs that overlap, from the left."""
    begins = match & ~tf.pad(match, [[1, 0]])[:-1]
    starts = tf.cast(tf.where(begins)[:, 0], tf.int32)
    run = tf.cumsum(tf.cast(begins, tf.int32))
    start = tf.gather(tf.concat([[0], starts], 0), run)
    return match & ((tf.range(tf.size(match)) - start) % 2 == 0)
