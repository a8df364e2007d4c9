"""Text codec: a sentence to word ids, and ids to a sentence."""

import collections

import tensorflow as tf

from mmkeras.data.codecs import normalization as forms
from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs import scripts
from mmkeras.data.codecs import tokenization
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.vocabulary import Vocabulary

SPECIAL = ("", "<start>", "<end>", "<unknown>")
PAD, START, END, UNKNOWN = range(4)

# With so many buckets, two of a million words share a hash in one of ten
# million vocabularies. Then the second is encoded as unknown.
_BUCKETS = 2**62
# Values of options that configurations of earlier versions lack.
EARLIER = {"normalization": None}

_NOT_UTF8 = "not valid UTF-8, or half of a surrogate pair"


class Text(Codec):
    """Encodes sentences as word ids, and decodes ids.

    Ids 0 to 3 are padding, start, end and unknown; the vocabulary follows.
    It uses only core TensorFlow without resources, so it runs in `tf.data` and,
    without tracking, in a SavedModel.

    Text is UTF-8. A word is a run of letters, digits, and hyphens and
    apostrophes between them ("t-shirt", "o'clock"); a short ending such as
    "'s" that stands alone is a word. Soft hyphens, joiners and other
    invisible characters are removed from words and do not split them.

    Args:
        vocabulary: List of words, without the four special ones.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are truncated.
        lowercase: Whether to convert all letters to lower case.
        accents: Whether to keep accents; if not, "café" becomes "cafe".
        split: `"words"`; `"mixed"`, words, but each character of Chinese,
            Japanese, Thai, Lao, Khmer and Myanmar, which are written without
            spaces, is a word; or `"characters"`, in which a space is a
            character too.
        punctuation: `"drop"`, or `"keep"` each sign as a word of its own.
        normalization: Unicode normalization form: `"NFC"`; `"NFKC"`, in
            which full-width and other variants equal the plain characters;
            or `None` for none, with which invisible characters split words.
        emoji: `"drop"`, or `"keep"` each emoji as a word of its own,
            including flags and joined emoji. If punctuation is kept, emoji
            are as well.

    Raises:
        ValueError: If an argument has another value, or the vocabulary has
            empty, repeated or special words.

    Example:

    >>> words = Text.from_texts(captions, minimum=5)
    >>> words.decode(words("A dog runs."))
    b'a dog runs'
    """

    kind = "text"
    dtype = "int32"
    size_unit = "ids"

    def __init__(
        self,
        vocabulary,
        length=22,
        lowercase=True,
        accents=True,
        split="words",
        punctuation="drop",
        normalization="NFC",
        emoji="drop",
    ):
        _check_choice("split", split, ("words", "characters", "mixed"))
        _check_choice("punctuation", punctuation, ("drop", "keep"))
        _check_choice("normalization", normalization, (*forms.FORMS, None))
        _check_choice("emoji", emoji, ("drop", "keep"))
        if length < 3:
            raise ValueError(
                "`length` must be large enough for the start, the end and at "
                f"least one word. Received: length={length}"
            )
        self.vocabulary = [*SPECIAL, *_check_vocabulary(vocabulary)]
        self.length = int(length)
        self.lowercase = lowercase
        self.accents = accents
        self.split = split
        self.punctuation = punctuation
        self.normalization = normalization
        self.emoji = emoji
        self._index = Vocabulary(self.vocabulary)

    @classmethod
    def from_texts(cls, texts, size=None, minimum=5, split="auto", **options):
        """Makes a codec with the commonest words of texts as vocabulary.

        Args:
            texts: Iterable of strings: training texts only, since other texts
                would bias the scores.
            size: Maximum number of words, besides the four special ones.
            minimum: Minimum count of a word.
            split: As for `Text`; `"auto"` is `"mixed"`, with NFKC, if one
                text in a hundred is written without spaces, else `"words"`.
            **options: Further arguments of `Text`.

        Returns:
            A `Text`, its vocabulary by falling count, then alphabetical.

        Raises:
            ValueError: If no word occurs `minimum` times.
        """
        texts = list(texts)
        if split == "auto":
            options = {**_infer_split(texts), **options}
        else:
            options["split"] = split
        blank = cls([], **options)
        texts = [text.encode("utf-8", "replace") for text in texts]
        counts = collections.Counter()
        for start in range(0, len(texts), 10_000):
            words = blank.tokenize(tf.constant(texts[start : start + 10_000]))
            counts.update(words.flat_values.numpy().tolist())
        words = [
            (-count, word.decode())
            for word, count in counts.items()
            if count >= minimum
        ]
        if not words:
            raise ValueError(
                f"No word occurs at least {minimum} times. Received: "
                f"{len(texts)} texts of {len(counts)} different words. Lower "
                "`minimum`."
            )
        return cls([word for _, word in sorted(words)[:size]], **options)

    @property
    def shape(self):
        """Shape of one encoded sentence: `(length,)`."""
        return (self.length,)

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
        return (self.tokenize(texts).row_lengths() + 2).numpy().tolist()

    @property
    def size(self):
        """Number of ids, the four special ones included."""
        return len(self.vocabulary)

    def __len__(self):
        return self.size

    def __call__(self, sentence):
        """Encodes sentences.

        Args:
            sentence: String tensor of any shape.

        Returns:
            int32 tensor of shape `(*sentence.shape, length)`: start, words,
            end, then zeros.
        """
        sentence = tf.convert_to_tensor(sentence, tf.string)
        max_words = self.length - 2
        words = self._tokenize(tf.reshape(sentence, (-1,)), max_words)
        ids, in_vocabulary = self._index.find(words.flat_values)
        ids = words.with_flat_values(tf.where(in_vocabulary, ids, UNKNOWN))
        ids = ids[:, :max_words]
        edge = tf.ones_like(ids[:, :0].to_tensor(shape=(None, 1)))
        ids = tf.concat([edge * START, ids, edge * END], 1)
        ids = ids.to_tensor(shape=(None, self.length))
        shape = tf.concat([tf.shape(sentence), [self.length]], 0)
        ids = tf.reshape(ids, shape)
        return tf.ensure_shape(ids, (*sentence.shape, self.length))

    def encode(self, packed):
        """See `Codec.encode`: a sentence without a word is missing."""
        ids, errors = self(packed), tf.fill(tf.shape(packed), "")
        return mask_texts(packed, ids, ids[:, 1] != END, errors)

    def samples(self):
        """See `Codec.samples`: short, long and unusual sentences."""
        texts = sample_values.texts(self.vocabulary[len(SPECIAL) :])
        return [*texts, sample_values.UNUSUAL_TEXT, ""]

    def builder_arguments(self, field):
        """See `Codec.builder_arguments`."""
        return {"vocabulary_size": len(self)}

    def decode(self, ids):
        """Decodes sentences, up to the first end.

        Args:
            ids: Integer tensor of shape `(..., length)`, of any length, with
                or without a start.

        Returns:
            String tensor of shape `(...)`.
        """
        ids = tf.convert_to_tensor(ids)
        after_end = tf.cumsum(tf.cast(ids == END, tf.int32), axis=-1) > 0
        blank = after_end | (ids == START)
        words = self._index.words_of(tf.where(blank, PAD, ids))
        if self.split == "characters":
            return tf.strings.reduce_join(words, -1)
        return tokenization.join(words, self.split == "mixed")

    def tokenize(self, sentence):
        """Splits sentences into words.

        Args:
            sentence: String tensor of shape `()` or `(n,)`.

        Returns:
            String tensor of shape `(words,)`, or a ragged one of shape
            `(n, words)`.
        """
        sentence = tf.convert_to_tensor(sentence, tf.string)
        words = self._tokenize(tf.reshape(sentence, (-1,)))
        return words if len(sentence.shape) else words[0]

    def get_config(self):
        return {
            "vocabulary": self.vocabulary[len(SPECIAL) :],
            "length": self.length,
            "lowercase": self.lowercase,
            "accents": self.accents,
            "split": self.split,
            "punctuation": self.punctuation,
            "normalization": self.normalization,
            "emoji": self.emoji,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**EARLIER, **config})

    def _tokenize(self, text, limit=-1):
        """Splits texts `(n,)` into words, at least into the first `limit`."""
        emoji = "keep" in (self.emoji, self.punctuation)
        emoji &= self.normalization is not None
        text = tokenization.clean(text, self.normalization, emoji)
        if self.lowercase:
            text = tf.strings.lower(text, encoding="utf-8")
        if not self.accents:
            text = tokenization.strip_accents(text)
        if self.split == "characters":
            return tokenization.characters(text, self.punctuation, emoji, limit)
        return tokenization.words(
            text, self.punctuation, emoji, self.split == "mixed", limit
        )


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


def _infer_split(texts):
    """Returns options of `Text` that fit the scripts of texts."""
    if scripts.is_unspaced(texts):
        return {"split": "mixed", "normalization": "NFKC"}
    return {"split": "words"}


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(
            f"`{name}` must be one of {', '.join(map(repr, choices))}. "
            f"Received: {name}={value!r}"
        )


def _check_vocabulary(vocabulary):
    """Returns the vocabulary as a list, after checking its words."""
    words = set(SPECIAL)
    for word in vocabulary:
        if not isinstance(word, str) or word in words:
            raise ValueError(
                "`vocabulary` must be a list of distinct words without "
                f"{', '.join(map(repr, SPECIAL))}, which are added "
                f"automatically. Received: {word!r}, which is empty, special "
                "or repeated."
            )
        words.add(word)
    return list(vocabulary)
