"""Answers codec: what a judge that writes is taught, and what it wrote."""

import tensorflow as tf

from mmkeras.data.codecs.text import EARLIER
from mmkeras.data.codecs.text import Text


class Answers:
    """Turns an answer into word ids, and the ids a model wrote into an answer.

    It stands where `Labels` does, for a model that writes its answer word by
    word instead of choosing among known ones.

    Args:
        vocabulary: List of words, as for `Text`.
        length: int. Ids of an answer, start and end included; longer ones are
            cut.
        lowercase: As for `Text`, as are the following.
        accents: Whether to keep accents.
        split: `"words"`, `"mixed"` or `"characters"`.
        punctuation: `"keep"` or `"drop"`.
        normalization: Unicode normalization form.
        emoji: `"drop"` or `"keep"`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> codec = Answers(["on", "grass"], length=8)
    >>> codec("On grass")
    array([1, 4, 5, 2, 0, 0, 0, 0], dtype=int32)
    """

    kind = "text"
    names = ()

    def __init__(
        self,
        vocabulary,
        length=12,
        lowercase=True,
        accents=True,
        split="words",
        punctuation="keep",
        normalization="NFC",
        emoji="drop",
    ):
        self.words = Text(
            vocabulary,
            length,
            lowercase,
            accents,
            split,
            punctuation,
            normalization,
            emoji,
        )

    @property
    def size(self):
        """How many logits a word needs."""
        return len(self.words)

    @property
    def length(self):
        """Ids of an answer, start and end included."""
        return self.words.length

    def __call__(self, label):
        """Encodes one answer, as an int32 array of shape `(length,)`."""
        return self.words(tf.constant(str(label))).numpy()

    def decode(self, tokens):
        """Writes out answers.

        Args:
            tokens: Integers of shape `(..., length)`, as a
                `mmkeras.generation.SequenceGenerator` gives them.

        Returns:
            Tuple of strings of shape `(...)`, and the tokens.
        """
        tokens = tf.convert_to_tensor(tokens)
        return self.words.decode(tokens), tokens

    def chosen(self, tokens):
        """What was written is what was chosen; see `Labels.chosen`."""
        return tokens

    def get_config(self):
        return self.words.get_config()

    @classmethod
    def from_config(cls, config):
        return cls(**{**EARLIER, **config})
