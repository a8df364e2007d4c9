"""What the codecs of sentences share: ids between a start and an end."""

import tensorflow as tf

from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.vocabulary import Vocabulary

_NOT_UTF8 = "not valid UTF-8, or half of a surrogate pair"


class TokenCodec(Codec):
    """Parent of the codecs of sentences.

    Args:
        vocabulary: List of all tokens, in the order of their ids; id 0 is
            padding.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are truncated.
        start: int. Id of the start, or `None` for none.
        end: int. Id of the end.
        unknown: int. Id of words that are not in the vocabulary, or `None` if
            all texts have ids.
        mask: int. Id that hides a word from a model; by default `unknown`.

    Attributes:
        start: Id of the start, or `None`.
        end: Id of the end.
        unknown: Id of unknown words, or `None`.
        mask: Id that hides a word, or `None`.
        network_offset: What a pretrained network's ids are less than these:
            1 if its id 0 is not padding, else 0.
        network_padding: The network's own id of padding.

    Raises:
        ValueError: If `length` is below 3.
    """

    kind = "text"
    dtype = "int32"
    size_unit = "ids"
    network_offset = 0
    network_padding = 0

    def __init__(self, vocabulary, length, start, end, unknown=None, mask=None):
        if length < 3:
            raise ValueError(
                "`length` must be large enough for the start, the end and at "
                f"least one word. Received: length={length}"
            )
        self.vocabulary = vocabulary
        self.length = int(length)
        self.start, self.end = start, end
        self.unknown = unknown
        self.mask = unknown if mask is None else mask
        self._index = Vocabulary(vocabulary)

    def token_ids(self, sentence, limit):
        """Returns the ids of sentences, without start and end.

        Args:
            sentence: String tensor of shape `(n,)`.
            limit: int. Number of ids that are needed; -1 for all.

        Returns:
            Ragged int32 tensor of shape `(n, ids)`, which may have more.
        """
        raise NotImplementedError

    @property
    def shape(self):
        """Shape of one encoded sentence: `(length,)`."""
        return (self.length,)

    @property
    def num_edges(self):
        """Number of ids of the start and the end."""
        return 1 if self.start is None else 2

    @property
    def max_size(self):
        """Number of ids beyond which a sentence is truncated."""
        return self.length

    def sizes(self, values):
        """Measures sentences.

        Args:
            values: List of values; only strings that can be encoded in UTF-8
                are measured.

        Returns:
            List of numbers of ids, start and end included.
        """
        texts = [value for value in values if _is_sentence(value)]
        if not texts:
            return []
        ids = self.token_ids(tf.constant(texts, tf.string), -1)
        return (ids.row_lengths() + self.num_edges).numpy().tolist()

    @property
    def special(self):
        """Ids that are not words: padding, start, end, unknown and mask."""
        ids = {0, self.start, self.end, self.unknown, self.mask}
        return sorted(ids - {None})

    @property
    def size(self):
        """Number of ids, special ones included."""
        return len(self.vocabulary)

    def __len__(self):
        return self.size

    def __call__(self, sentence):
        """Encodes sentences.

        Args:
            sentence: String tensor of any shape.

        Returns:
            int32 tensor of shape `(*sentence.shape, length)`: start, tokens,
            end, then zeros.
        """
        sentence = tf.convert_to_tensor(sentence, tf.string)
        limit = self.length - self.num_edges
        ids = self.token_ids(tf.reshape(sentence, (-1,)), limit)[:, :limit]
        edge = tf.ones_like(ids[:, :0].to_tensor(shape=(None, 1)))
        start = [] if self.start is None else [edge * self.start]
        ids = tf.concat([*start, ids, edge * self.end], 1)
        ids = ids.to_tensor(shape=(None, self.length))
        shape = tf.concat([tf.shape(sentence), [self.length]], 0)
        ids = tf.reshape(ids, shape)
        return tf.ensure_shape(ids, (*sentence.shape, self.length))

    def encode(self, packed):
        """See `Codec.encode`: a sentence without a word is missing."""
        ids, errors = self(packed), tf.fill(tf.shape(packed), "")
        return mask_texts(packed, ids, self.has_words(ids), errors)

    def has_words(self, ids):
        """Determines which sentences have a word.

        Args:
            ids: As returned by the call, of shape `(..., length)`.

        Returns:
            Booleans of shape `(...)`.
        """
        first, second = (ids[..., self.num_edges - i] for i in (1, 0))
        return (first != 0) & ((first != self.end) | (second != 0))

    def builder_arguments(self, field):
        """See `Codec.builder_arguments`."""
        return {"vocabulary_size": len(self)}


def mask_texts(texts, ids, present, errors):
    """Marks texts that are missing or not valid UTF-8.

    Args:
        texts: String tensor of shape `(n,)`.
        ids: Their ids, of shape `(n, ...)`.
        present: Booleans of shape `(n,)`: whether a text has a word.
        errors: String tensor of shape `(n,)`.

    Returns:
        Tuple as from `Codec.encode`: a text without a word is missing.
    """
    utf8 = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8") == texts
    shape = [-1] + [1] * (len(ids.shape) - 1)
    ids = tf.where(tf.reshape(present, shape), ids, 0)
    return ids, present, tf.where(utf8, errors, _NOT_UTF8)


def _is_sentence(value):
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:  # Half of a surrogate pair.
        return False
