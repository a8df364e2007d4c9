"""Merges the bytes of words to tokens, as TensorFlow operations."""

import numpy as np
import tensorflow as tf


class Merges:
    """Byte-pair encoding of words, by ids instead of strings.

    The first pair of the list that a word has is merged wherever it is, from
    the left, until it has none.

    Args:
        ids: Dict from tokens to ids, from 0 on.
        pairs: List of strings, two tokens separated by a space.
        ending: Ending of the tokens that end a word, such as `"</w>"`.

    Raises:
        ValueError: If an entry is not a pair.

    Reference:
        [Sennrich et al., 2016](https://arxiv.org/abs/1508.07909)
    """

    def __init__(self, ids, pairs, ending=""):
        symbols = dict(ids)  # Tokens; bytes and merges that are no tokens.
        characters = byte_characters()
        self._bytes = _numbers(characters, symbols)
        self._last = _numbers([x + ending for x in characters], symbols)
        merges = {}
        for pair in pairs:
            parts = pair.split(" ")
            if len(parts) != 2 or not all(parts):
                raise ValueError(
                    "`merges` must be pairs of tokens separated by a space. "
                    f"Received: {pair!r}"
                )
            first, second = _numbers(parts, symbols)
            [merged] = _numbers(["".join(parts)], symbols)
            merges.setdefault((first, second), (len(merges), merged))
        self._count, self._num_tokens = len(symbols), len(ids)
        keys = [first * self._count + second for first, second in merges]
        values = list(merges.values())
        order = np.argsort(keys)
        self._keys = np.array(keys, "int64")[order]
        self._ranks = np.array([rank for rank, _ in values], "int32")[order]
        self._merged = np.array([merged for _, merged in values], "int32")

    def __call__(self, words):
        """Splits words into tokens.

        Args:
            words: String tensor of shape `(n,)`, no word of which is empty.

        Returns:
            Ragged int32 tensor of ids, of shape `(n, tokens)`; bytes that are
            no token are left out.
        """
        lengths = tf.strings.length(words)
        data = tf.io.decode_raw(tf.strings.reduce_join(words), tf.uint8)
        data = tf.cast(data, tf.int32)
        rows = tf.repeat(tf.range(tf.size(words)), lengths)
        ends = tf.cumsum(lengths)
        is_last = tf.range(tf.size(data)) == tf.gather(ends, rows) - 1
        symbols = tf.where(
            is_last, tf.gather(self._last, data), tf.gather(self._bytes, data)
        )
        if len(self._keys):
            symbols, rows = self._merge(symbols, rows)
        is_token = symbols < self._num_tokens
        return tf.RaggedTensor.from_value_rowids(
            tf.boolean_mask(symbols, is_token),
            tf.boolean_mask(tf.cast(rows, tf.int64), is_token),
            tf.size(words, tf.int64),
        )

    def _merge(self, symbols, rows):
        """Merges symbols until no word has a pair of the list."""

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
        """Places in the list of the pairs of neighbours; beyond it, none."""
        first, second = tf.cast(symbols[:-1], tf.int64), symbols[1:]
        keys = first * self._count + tf.cast(second, tf.int64)
        place = tf.searchsorted(self._keys, keys)
        place = tf.minimum(place, len(self._keys) - 1)
        is_pair = tf.gather(self._keys, place) == keys
        is_pair &= rows[:-1] == rows[1:]
        return tf.where(
            is_pair, tf.gather(self._ranks, place), len(self._merged)
        )


def byte_characters():
    """Lists the characters that stand for the bytes 0 to 255, as in GPT-2."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {byte: chr(byte) for byte in plain}
    others = [byte for byte in range(256) if byte not in characters]
    characters |= {byte: chr(256 + i) for i, byte in enumerate(others)}
    return [characters[byte] for byte in range(256)]


def _numbers(strings, symbols):
    """Returns the numbers of strings; new ones are added."""
    return [symbols.setdefault(x, len(symbols)) for x in strings]


def _without_overlaps(match):
    """Leaves every other one of pairs that overlap, from the left."""
    begins = match & ~tf.pad(match, [[1, 0]])[:-1]
    starts = tf.cast(tf.where(begins)[:, 0], tf.int32)
    run = tf.cumsum(tf.cast(begins, tf.int32))
    start = tf.gather(tf.concat([[0], starts], 0), run)
    return match & ((tf.range(tf.size(match)) - start) % 2 == 0)
