"""What the codecs of dialogues share: turns, each a sentence of token ids."""

import tensorflow as tf

from mmkeras.data import inputs
from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.token_codec import mask_texts

MOST = 100_000  # Turns that are counted; beyond, errors say "more than".

_SPACE = r"[\s\v\x1c-\x1f\x{85}\pZ]"


class TurnCodec(Codec):
    """Parent of the codecs of dialogues.

    A dialogue is a string with one turn per line. Blank lines at the end are
    ignored; an empty turn before others counts.

    Args:
        words: The `TokenCodec` of a turn.
        turns: int. Maximum number of turns.

    Raises:
        ValueError: If `turns` is below 1.
    """

    kind = "dialogue"
    dtype = "int32"

    def __init__(self, words, turns):
        if turns < 1:
            raise ValueError(
                f"`turns` must be at least 1. Received: turns={turns}"
            )
        self.turns = int(turns)
        self.words = words

    @staticmethod
    def join(turns):
        """Makes one string of a list of turns."""
        return "\n".join(" ".join(turn.split()) for turn in turns)

    @staticmethod
    def joined(turns):
        """Joins many dialogues with TensorFlow operations alone; see `join`.

        Args:
            turns: String tensor of shape `(n, turns)`, one dialogue per row,
                padded with `""`; or `(n,)`, already joined.

        Returns:
            String tensor of shape `(n,)`.
        """
        if len(turns.shape) == 1:
            return turns
        return tf.strings.reduce_join(_one_line(turns), 1, separator="\n")

    @staticmethod
    def is_blank(text):
        """Checks whether dialogues consist of (Unicode) white space only."""
        return tf.strings.strip(_one_line(text)) == ""

    def lines(self, text):
        """Splits dialogues into turns.

        Args:
            text: String tensor of shape `(n,)`.

        Returns:
            String tensor of shape `(n, turns)`, padded with `""`; turns
            beyond `turns` are left out.
        """
        lines = self._lines(text)
        return lines.with_values(_one_line(lines.values)).to_tensor()

    @property
    def vocabulary(self):
        """List of tokens by id, including the special ones."""
        return self.words.vocabulary

    @property
    def network_offset(self):
        """As of `TokenCodec`, as is `network_padding`."""
        return self.words.network_offset

    @property
    def network_padding(self):
        return self.words.network_padding

    @property
    def shape(self):
        """Tuple `(turns, length)` of an encoded dialogue."""
        return self.turns, self.words.length

    def __len__(self):
        """Number of ids, the special ones included."""
        return len(self.words)

    def __call__(self, text):
        """Encodes dialogues.

        Args:
            text: String tensor of shape `()` or `(n,)`.

        Returns:
            int32 tensor of shape `(*text.shape, turns, length)`, zeros after
            the last turn; turns beyond `turns` are left out.
        """
        text = tf.convert_to_tensor(text, tf.string)
        lines = self._lines(tf.reshape(text, (-1,)))
        ids = lines.with_values(self.words(lines.values))
        ids = ids.to_tensor(shape=(None, *self.shape))
        ids = tf.reshape(ids, tf.concat([tf.shape(text), self.shape], 0))
        return tf.ensure_shape(ids, (*text.shape, *self.shape))

    def try_batch(self, text):
        """Encodes dialogues that may be too long.

        Args:
            text: String tensor of shape `(n,)`.

        Returns:
            Tuple of ids as from the call, and errors, strings of shape `(n,)`,
            empty where nothing is left out.
        """
        # Bounds the memory for hostile inputs.
        lines = tf.strings.split(_strip_end(text), "\n", maxsplit=MOST)
        counts = lines.row_lengths()
        messages = tf.where(
            counts > MOST,
            f"more than {MOST} turns",
            tf.strings.as_string(counts) + " turns",
        )
        messages += f"; the model was trained with at most {self.turns}"
        return self(text), tf.where(counts > self.turns, messages, "")

    def encode(self, packed):
        """Encodes packed dialogues with TensorFlow operations alone.

        Args:
            packed: String tensor of shape `(n,)` or `(n, turns)`, as for
                `joined`.

        Returns:
            Tuple as from `Codec.encode`: a dialogue without a word is
            missing.
        """
        texts = self.joined(packed)
        ids, errors = self.try_batch(texts)
        words = tf.reduce_any(self.words.has_words(ids), 1)
        return mask_texts(texts, ids, words, errors)

    def signature(self, name):
        """See `Codec.signature`: each dialogue is a row of turns."""
        return tf.TensorSpec((None, None), tf.string, name=name)

    def samples(self):
        """See `Codec.samples`: lists of turns, all of one length."""
        texts = self.words.samples()[:-2]  # Without an unusual one and none.
        dialogues = [texts[:count] for count in (1, 2, self.turns)]
        dialogues += [texts * self.turns, [sample_values.UNUSUAL_TEXT], []]
        length = max(map(len, dialogues))
        return [turns + [""] * (length - len(turns)) for turns in dialogues]

    def builder_arguments(self, field):
        """See `Codec.builder_arguments`."""
        shape = super().builder_arguments(field)
        return {"vocabulary_size": len(self), **shape}

    def get_config(self):
        return {**self.words.get_config(), "turns": self.turns}

    def _to_bytes(self, value):
        """Also packs a list of turns."""
        if isinstance(value, (list, tuple)):
            return inputs.to_bytes(self.join(value))
        return super()._to_bytes(value)

    def _lines(self, text):
        """Splits dialogues into at most the required number of turns."""
        lines = tf.strings.split(_strip_end(text), "\n", maxsplit=self.turns)
        return lines[:, : self.turns]


def _strip_end(text):
    """Removes white space at the end."""
    return tf.strings.regex_replace(text, f"{_SPACE}+$", "")


def _one_line(text):
    """Replaces white space, as of `str.split`, by single spaces."""
    return tf.strings.strip(tf.strings.regex_replace(text, f"{_SPACE}+", " "))
