"""WordPiece codec: a sentence to the ids of a pretrained BERT's vocabulary."""

import tensorflow as tf

from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs import word_piece_words
from mmkeras.data.codecs.token_codec import TokenCodec

PAD, START, END, UNKNOWN = "[PAD]", "[CLS]", "[SEP]", "[UNK]"
MASK = "[MASK]"
_CONTINUES = "##"  # Marks pieces that are not the first of a word.
_MAX_CHARACTERS = 100  # A longer word is unknown.


class WordPieces(TokenCodec):
    """Turns a sentence into the ids of word pieces, as BERT reads them.

    The ids equal those of the tokenizers that BERT models were trained with.
    All of it is core TensorFlow and holds no resource, so it runs in
    `tf.data` and in a SavedModel that any server loads.

    Args:
        vocabulary: List of all word pieces, in the order of their ids. The
            first one is `"[PAD]"`; `"[CLS]"`, `"[SEP]"` and `"[UNK]"` are
            among them.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are truncated.
        lowercase: Whether to lower the case of all letters.
        strip_accents: Whether to remove accents; by default, if `lowercase`.

    Raises:
        ValueError: If the vocabulary lacks a special token or has one twice,
            or if `length` is below 3.

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    def __init__(
        self, vocabulary, length=128, lowercase=True, strip_accents=None
    ):
        vocabulary = _checked(vocabulary)
        start, end, unknown = map(vocabulary.index, (START, END, UNKNOWN))
        mask = vocabulary.index(MASK) if MASK in vocabulary else None
        super().__init__(vocabulary, length, start, end, unknown, mask)
        self.lowercase = bool(lowercase)
        self.strip_accents = strip_accents
        self._longest = max(map(len, vocabulary))

    @classmethod
    def from_tokenizer(cls, tokenizer, length=128):
        """Makes the codec of a tokenizer of KerasHub.

        Args:
            tokenizer: A `keras_hub.tokenizers.WordPieceTokenizer`.
            length: int. Number of ids of an encoded sentence.

        Returns:
            A `WordPieces`.
        """
        return cls(
            tokenizer.get_vocabulary(),
            length,
            tokenizer.lowercase,
            tokenizer.strip_accents or tokenizer.lowercase,
        )

    def token_ids(self, sentence, limit):
        """See `TokenCodec.token_ids`."""
        return self.tokenize(sentence)

    def tokenize(self, sentence):
        """Splits sentences into word pieces.

        Args:
            sentence: String tensor of shape `(n,)`.

        Returns:
            Ragged int32 tensor of ids, of shape `(n, pieces)`, without start
            and end.
        """
        accents = self.strip_accents
        words = word_piece_words.split(
            tf.convert_to_tensor(sentence, tf.string),
            self.lowercase,
            self.lowercase if accents is None else accents,
        )
        unique, index = tf.unique(words.flat_values)
        pieces = tf.gather(self._pieces(unique), index)
        return words.with_flat_values(pieces).merge_dims(1, 2)

    def samples(self):
        """See `Codec.samples`: short, long and unusual sentences."""
        words = [x for x in self.vocabulary if x.isalpha()] or [UNKNOWN]
        return [
            *sample_values.texts(words[:1000]),
            sample_values.UNUSUAL_TEXT,
            "",
        ]

    def get_config(self):
        return {
            "vocabulary": self.vocabulary,
            "length": self.length,
            "lowercase": self.lowercase,
            "strip_accents": self.strip_accents,
        }

    def _pieces(self, words):
        """Ids of the pieces of words, ragged; the whole word if it is one.

        The longest piece that begins a word is its first one, and so on with
        the rest; a word with a rest that begins with no piece is unknown.
        """
        whole, in_vocabulary = self._index.find(words)
        length = tf.strings.length(words, "UTF8_CHAR")
        split = tf.where(~in_vocabulary & (length <= _MAX_CHARACTERS))[:, 0]
        ids = tf.where(in_vocabulary, whole, self.unknown)[:, None]
        ids = tf.RaggedTensor.from_tensor(ids)
        parts = self._split(tf.gather(words, split))
        both = tf.concat([ids, parts], 0)
        place = tf.tensor_scatter_nd_update(
            tf.range(tf.size(words)),
            split[:, None],
            tf.size(words) + tf.range(tf.size(split)),
        )
        return tf.gather(both, place)

    def _split(self, words):
        """Ids of the pieces of words that are not in the vocabulary."""
        count = tf.size(words)
        lengths = tf.range(self._longest, 0, -1)

        def step(number, rest, failed, pieces):
            size = tf.strings.length(rest, "UTF8_CHAR")
            prefixes = tf.strings.substr(
                rest[:, None],
                tf.zeros([count, self._longest], tf.int32),
                tf.tile(lengths[None], [count, 1]),
                "UTF8_CHAR",
            )
            mark = tf.where(number > 0, _CONTINUES, "")
            ids, in_vocabulary = self._index.find(mark + prefixes)
            in_vocabulary &= lengths <= size[:, None]
            # The first is the longest.
            column = tf.argmax(in_vocabulary, 1, tf.int32)
            matches = tf.reduce_any(in_vocabulary, 1)
            piece = tf.gather(ids, column, batch_dims=1)
            used = tf.where(matches, tf.gather(lengths, column), size)
            pieces = pieces.write(number, tf.where(matches, piece, -1))
            failed |= ~matches & (size > 0)
            rest = tf.strings.substr(rest, used, size - used, "UTF8_CHAR")
            return number + 1, rest, failed, pieces

        _, _, failed, pieces = tf.while_loop(
            lambda number, rest, *_: tf.reduce_any(rest != ""),
            step,
            (
                tf.constant(0),
                words,
                tf.zeros([count], tf.bool),
                tf.TensorArray(tf.int32, 0, True, element_shape=[None]),
            ),
        )
        pieces = tf.cond(
            pieces.size() > 0,
            lambda: tf.transpose(pieces.stack()),
            lambda: tf.zeros([count, 1], tf.int32),
        )
        unknown = tf.one_hot(0, tf.shape(pieces)[1], self.unknown, -1)
        pieces = tf.where(failed[:, None], unknown, pieces)
        return tf.ragged.boolean_mask(pieces, pieces >= 0)


def _checked(vocabulary):
    vocabulary = list(vocabulary)
    if vocabulary[:1] != [PAD]:
        raise ValueError(
            f"The first word piece must be {PAD!r}: id 0 is padding. "
            f"Received: {vocabulary[:1]}"
        )
    for token in (START, END, UNKNOWN):
        if vocabulary.count(token) != 1:
            raise ValueError(
                f"`vocabulary` must contain {token!r} once. Received: "
                f"{vocabulary.count(token)} times among {len(vocabulary)}"
            )
    return vocabulary
