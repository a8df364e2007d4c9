"""Merges the bytes of words to tokens, as TensorFlow operations."""

import tensorflow as tf

from mmkeras.data.codecs.pair_table import PairTable


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
        self._num_tokens = len(ids)
        self._pairs = PairTable(merges, len(symbols))

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
        symbols, rows = self._pairs.merge(symbols, rows)
        is_token = symbols < self._num_tokens
        return tf.RaggedTensor.from_value_rowids(
            tf.boolean_mask(symbols, is_token),
            tf.boolean_mask(tf.cast(rows, tf.int64), is_token),
            tf.size(words, tf.int64),
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
