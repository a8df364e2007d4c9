"""SentencePiece codec: a sentence to the ids of SigLIP, XLM-R or ALBERT."""

import tensorflow as tf

from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs.charsmap import Charsmap
from mmkeras.data.codecs.token_codec import TokenCodec
from mmkeras.data.codecs.unigrams import Unigrams

SPACE = "▁"
# What SigLIP removes from texts.
_PUNCTUATION = r"[!\"#$%&\\'()*+,\-./:;<=>?@\[\]^_`{|}~]"
_CUT = b"\xff"  # Between words; it is in no valid UTF-8.
_LONGEST = 2_000  # Characters of a word; further ones are left out.

_replace = tf.strings.regex_replace


class SentencePieces(TokenCodec):
    """Turns a sentence into the ids of a unigram model of SentencePiece.

    `tokenize` returns the ids that the networks were trained with. Encoded
    sentences have these ids plus 1, because id 0 is padding. All of it is core
    TensorFlow and holds no resource, so it runs in `tf.data` and in a
    SavedModel that any server loads, without TensorFlow Text.

    Args:
        vocabulary: List of all pieces, in the order of the network's ids; in
            them, `"▁"` is a space.
        scores: List of the logarithm of the probability of each piece, `None`
            for special ones, which are in no text.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are truncated.
        start: int. The network's id of the start, or `None` for none.
        end: int. Its id of the end.
        padding: int. Its id of padding.
        unknown: int. Its id of unknown characters.
        mask: int. Its id that hides a word from a model, or `None` for that
            of unknown characters.
        charsmap: Base64 of the normalization of characters that comes with
            the model, or `""` for none.
        prefix_space: bool. Whether a text begins with a space.
        strip_spaces: bool. Whether to remove spaces at the ends, and all but
            one of several.
        lowercase: bool. Whether to lower the case of ASCII letters, as SigLIP
            and MetaCLIP 2 do.
        punctuation: `"keep"`, or `"drop"` that of ASCII, as SigLIP does.

    Raises:
        ValueError: If there is not one score per piece, an id is not in the
            vocabulary, `punctuation` is unknown, or `length` is below 3.

    Reference:
        [Kudo, 2018](https://arxiv.org/abs/1804.10959)
    """

    network_offset = 1

    def __init__(
        self,
        vocabulary,
        scores,
        length=128,
        start=None,
        end=1,
        padding=0,
        unknown=2,
        mask=None,
        charsmap="",
        prefix_space=True,
        strip_spaces=True,
        lowercase=False,
        punctuation="keep",
    ):
        if punctuation not in ("keep", "drop"):
            raise ValueError(
                "`punctuation` must be 'keep' or 'drop'. Received: "
                f"punctuation={punctuation!r}"
            )
        self._pieces, self._scores = list(vocabulary), list(scores)
        ids = {"start": start, "end": end, "padding": padding}
        ids |= {"unknown": unknown, "mask": mask}
        _check(self._pieces, self._scores, ids)
        super().__init__(
            ["", *self._pieces],
            length,
            None if start is None else start + 1,
            end + 1,
            unknown + 1,
            None if mask is None else mask + 1,
        )
        self.network_padding = padding
        self._ids = ids
        self.charsmap = charsmap
        self.prefix_space = bool(prefix_space)
        self.strip_spaces = bool(strip_spaces)
        self.lowercase, self.punctuation = bool(lowercase), punctuation
        self._normalize = Charsmap(charsmap)
        self._unigrams = Unigrams(self._pieces, self._scores, unknown)
        inner = [x for x, s in zip(self._pieces, self._scores) if s is not None]
        self._has_words = not any(SPACE in x[1:] for x in inner)

    @property
    def special(self):
        """See `TokenCodec.special`."""
        scores = enumerate(self._scores, 1)
        return sorted({*super().special, *(i for i, s in scores if s is None)})

    def token_ids(self, sentence, limit):
        """See `TokenCodec.token_ids`."""
        return self.tokenize(sentence) + 1

    def tokenize(self, sentence):
        """Splits sentences into pieces.

        Args:
            sentence: String tensor of shape `(n,)`.

        Returns:
            Ragged int32 tensor of the network's ids, of shape `(n, pieces)`,
            without start and end.
        """
        words = self._words(tf.convert_to_tensor(sentence, tf.string))
        unique, index = tf.unique(words.flat_values)
        unique = tf.strings.substr(unique, 0, _LONGEST, "UTF8_CHAR")
        ids = tf.gather(self._unigrams(unique), index)
        return self._join_unknown(words.with_flat_values(ids).merge_dims(1, 2))

    def samples(self):
        """See `Codec.samples`: short, long and unusual sentences."""
        words = [x.removeprefix(SPACE) for x in self._pieces]
        words = [x for x in words if x.isascii() and x.isalpha()] or ["a"]
        return [
            *sample_values.texts(words[:1000]),
            sample_values.UNUSUAL_TEXT,
            "",
        ]

    def get_config(self):
        return {
            "vocabulary": self._pieces,
            "scores": self._scores,
            "length": self.length,
            **self._ids,
            "charsmap": self.charsmap,
            "prefix_space": self.prefix_space,
            "strip_spaces": self.strip_spaces,
            "lowercase": self.lowercase,
            "punctuation": self.punctuation,
        }

    def _words(self, text):
        """Splits texts into words; all but the first begin with a space."""
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
        if self.lowercase:
            text = tf.strings.lower(text)
        if self.punctuation == "drop":
            text = _replace(_replace(text, _PUNCTUATION, ""), r"\s+", " ")
            text = tf.strings.strip(text)
        text = self._normalize(text)
        if self.strip_spaces:
            text = _replace(_replace(text, " +", " "), "^ | $", "")
        if self.prefix_space:
            text = tf.where(text == "", "", " " + text)
        text = _replace(text, " ", SPACE)
        if self.strip_spaces:
            text = _replace(text, f"{SPACE}+$", "")
        if self._has_words:
            text = _replace(text, SPACE, _CUT + SPACE.encode())
        words = tf.strings.split(text, _CUT)
        return tf.ragged.boolean_mask(words, words != "")

    def _join_unknown(self, ids):
        """Replaces several unknown pieces in a row by one."""
        unknown = ids.flat_values == self._ids["unknown"]
        rows = ids.value_rowids()
        again = unknown[1:] & unknown[:-1] & (rows[1:] == rows[:-1])
        mask = ~tf.concat([tf.zeros_like(unknown[:1]), again], 0)
        return tf.ragged.boolean_mask(ids, ids.with_flat_values(mask))


def _check(pieces, scores, ids):
    if len(scores) != len(pieces):
        raise ValueError(
            "`scores` must have one entry per piece. Received: "
            f"{len(scores)} scores of {len(pieces)} pieces"
        )
    for name, number in ids.items():
        is_id = isinstance(number, int) and 0 <= number < len(pieces)
        if not is_id and not (name in ("start", "mask") and number is None):
            raise ValueError(
                f"`{name}` must be the id of one of {len(pieces)} pieces. "
                f"Received: {name}={number!r}"
            )
