"""Text codec: a sentence to word ids, and ids to a sentence."""

import collections

import tensorflow as tf

from mmkeras.data.codecs import normalization as forms
from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs import scripts
from mmkeras.data.codecs import tokenization
from mmkeras.data.codecs.token_codec import TokenCodec

SPECIAL = ("", "<start>", "<end>", "<unknown>")
PAD, START, END, UNKNOWN = range(4)

# Values of options that configurations of earlier versions lack.
EARLIER = {"normalization": None}


class Text(TokenCodec):
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
        words = [*SPECIAL, *_check_vocabulary(vocabulary)]
        super().__init__(words, length, START, END, UNKNOWN)
        self.lowercase = lowercase
        self.accents = accents
        self.split = split
        self.punctuation = punctuation
        self.normalization = normalization
        self.emoji = emoji

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

    def token_ids(self, sentence, limit):
        """See `TokenCodec.token_ids`."""
        words = self._tokenize(sentence, limit)
        ids, in_vocabulary = self._index.find(words.flat_values)
        return words.with_flat_values(tf.where(in_vocabulary, ids, UNKNOWN))

    def samples(self):
        """See `Codec.samples`: short, long and unusual sentences."""
        texts = sample_values.texts(self.vocabulary[len(SPECIAL) :])
        return [*texts, sample_values.UNUSUAL_TEXT, ""]

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

    def canonical(self, texts):
        """Returns texts in the form in which they are decoded, not truncated.

        Args:
            texts: List of strings.

        Returns:
            List of strings.
        """
        separator = "" if self.split == "characters" else " "
        return [
            separator.join(token.decode("utf-8") for token in tokens)
            for tokens in self.tokenize(texts).to_list()
        ]

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
