"""Text codec: a sentence to word ids, and ids to a sentence."""

import collections
import unicodedata

import numpy as np
import tensorflow as tf

SPECIAL = ("", "<start>", "<end>", "<unknown>")
PAD, START, END, UNKNOWN = range(4)

_LETTER = r"\p{L}\p{M}\p{N}"
# Among so many, two of a million words share a hash once in ten million
# vocabularies. The second of them would be encoded as unknown, no worse.
_BUCKETS = 2**62
# Latin, Greek, Cyrillic and their extensions. Marks of other scripts are
# letters in their own right and are never stripped.
_ACCENTED = 0x2000


class Words:
    """Turns a sentence into word ids and back.

    Ids 0 to 3 are padding, start, end and unknown; the vocabulary follows.
    All of it is core TensorFlow and holds no resource, so it runs in
    `tf.data` and, with nothing to track, in a SavedModel.

    Text is UTF-8, best in Unicode's composed form (NFC). A word is a run of
    letters, digits, and hyphens and apostrophes between them ("t-shirt",
    "o'clock"); a short ending such as "'s" that stands alone is a word.

    Args:
        vocabulary: List of words, without the four special ones.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are cut.
        lowercase: Whether to lower the case of all letters.
        accents: Whether to keep accents; if not, "café" becomes "cafe".
        split: `"words"`, or `"characters"` for languages written without
            spaces, such as Chinese and Japanese. A space is a character.
        punctuation: `"drop"`, or `"keep"` each sign as a word of its own.

    Raises:
        ValueError: If an argument is none of those, or the vocabulary has
            empty, double or special words.

    Example:

    >>> words = Words.from_texts(captions, minimum=5)
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
    ):
        _check_choice("split", split, ("words", "characters"))
        _check_choice("punctuation", punctuation, ("drop", "keep"))
        if length < 3:
            raise ValueError(
                "`length` has room for start, end and one word at least. "
                f"Received: length={length}"
            )
        self.vocabulary = [*SPECIAL, *_checked(vocabulary)]
        self.length = int(length)
        self.lowercase = lowercase
        self.accents = accents
        self.split = split
        self.punctuation = punctuation
        self._words = np.array(
            [word.encode() for word in self.vocabulary], object
        )
        hashes = tf.strings.to_hash_bucket_fast(self._words, _BUCKETS).numpy()
        self._order = np.argsort(hashes).astype("int32")
        self._hashes = hashes[self._order]

    @classmethod
    def from_texts(cls, texts, size=None, minimum=5, **options):
        """Makes a codec whose vocabulary is the commonest words of texts.

        Args:
            texts: Iterable of strings: training texts only, or the scores
                on others will flatter.
            size: Most words to keep, besides the four special ones.
            minimum: How often a word must occur.
            **options: Further arguments of `Words`.

        Returns:
            A `Words`, its vocabulary by falling count, then alphabetical.

        Raises:
            ValueError: If no word occurs `minimum` times.
        """
        blank = cls([], **options)
        texts = [text.encode("utf-8", "replace") for text in texts]
        counts = collections.Counter()
        for start in range(0, len(texts), 10_000):
            found = blank.tokenize(tf.constant(texts[start : start + 10_000]))
            counts.update(found.flat_values.numpy().tolist())
        words = [
            (-count, word.decode())
            for word, count in counts.items()
            if count >= minimum
        ]
        if not words:
            raise ValueError(
                f"No word occurs {minimum} times or more. Received: "
                f"{len(texts)} texts of {len(counts)} different words. Lower "
                "`minimum`."
            )
        return cls([word for _, word in sorted(words)[:size]], **options)

    def __len__(self):
        """Number of ids, the four special ones included."""
        return len(self.vocabulary)

    def __call__(self, sentence):
        """Encodes sentences.

        Args:
            sentence: String tensor of any shape.

        Returns:
            int32 tensor of shape `(*sentence.shape, length)`: start, words,
            end, then zeros.
        """
        sentence = tf.convert_to_tensor(sentence, tf.string)
        words = self.tokenize(tf.reshape(sentence, (-1,)))
        ids = words.with_flat_values(self._lookup(words.flat_values))
        ids = ids[:, : self.length - 2]
        edge = tf.ones_like(ids[:, :0].to_tensor(shape=(None, 1)))
        ids = tf.concat([edge * START, ids, edge * END], 1)
        ids = ids.to_tensor(shape=(None, self.length))
        shape = tf.concat([tf.shape(sentence), [self.length]], 0)
        ids = tf.reshape(ids, shape)
        return tf.ensure_shape(ids, (*sentence.shape, self.length))

    def decode(self, ids):
        """Writes out sentences, up to the first end.

        Args:
            ids: Integer tensor of shape `(..., length)`, of any length, with
                or without a start.

        Returns:
            String tensor of shape `(...)`.
        """
        ids = tf.convert_to_tensor(ids)
        ended = tf.cumsum(tf.cast(ids == END, tf.int32), axis=-1) > 0
        silent = ended | (ids == START)
        words = tf.gather(tf.constant(self._words), tf.where(silent, PAD, ids))
        if self.split == "characters":
            return tf.strings.reduce_join(words, -1)
        text = tf.strings.reduce_join(words, -1, separator=" ")
        text = tf.strings.strip(tf.strings.regex_replace(text, " +", " "))
        return tf.strings.regex_replace(text, r" ([.,;:!?%)\]}…])", r"\1")

    def tokenize(self, sentence):
        """Splits sentences into words.

        Args:
            sentence: String tensor of shape `()` or `(n,)`.

        Returns:
            String tensor of shape `(words,)`, or a ragged one of shape
            `(n, words)`.
        """
        text = tf.strings.unicode_transcode(sentence, "UTF-8", "UTF-8")
        text = tf.strings.regex_replace(text, r"[\pZ\pC]+", " ")
        if self.lowercase:
            text = tf.strings.lower(text, encoding="utf-8")
        if not self.accents:
            text = _strip_accents(text)
        if self.split == "words":
            return tf.strings.split(_separate(text, self.punctuation))
        if self.punctuation == "drop":
            text = tf.strings.regex_replace(text, f"[^{_LETTER} ]", "")
        text = tf.strings.regex_replace(text, " +", " ")
        return tf.strings.unicode_split(tf.strings.strip(text), "UTF-8")

    def get_config(self):
        return {
            "vocabulary": self.vocabulary[len(SPECIAL) :],
            "length": self.length,
            "lowercase": self.lowercase,
            "accents": self.accents,
            "split": self.split,
            "punctuation": self.punctuation,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _lookup(self, words):
        """Finds words by binary search among the vocabulary's hashes.

        A hash table would be a resource, which whoever exports has to track.
        """
        hashes = tf.strings.to_hash_bucket_fast(words, _BUCKETS)
        place = tf.searchsorted(tf.constant(self._hashes), hashes)
        place = tf.minimum(place, len(self) - 1)
        ids = tf.gather(tf.constant(self._order), place)
        same = tf.gather(tf.constant(self._words), ids) == words
        return tf.where(same, ids, UNKNOWN)


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(
            f"`{name}` is one of {', '.join(map(repr, choices))}. "
            f"Received: {name}={value!r}"
        )


def _checked(vocabulary):
    """Returns the vocabulary as a list of different, ordinary words."""
    seen = set(SPECIAL)
    for word in vocabulary:
        if not isinstance(word, str) or word in seen:
            raise ValueError(
                "`vocabulary` is a list of different words, without "
                f"{', '.join(map(repr, SPECIAL))}, which are added to it. "
                f"Received {word!r} as an empty, special or second one."
            )
        seen.add(word)
    return list(vocabulary)


def _separate(text, punctuation):
    """Puts spaces between words, and drops or sets apart punctuation."""
    replace = tf.strings.regex_replace
    sign, before, after = "  ", r" \3", " "
    if punctuation == "keep":
        sign, before, after = r"  \1  ", r" \1\2 \3", r" \1 "
    text = replace(text, "[’ʼ]", "'")
    # Each pattern eats a space on both sides, so there are two of them.
    text = replace(text, " ", "  ")
    text = replace(text, f"([^{_LETTER}'\\- ])", sign)
    # Hyphens and apostrophes stay within words. At the front, an apostrophe
    # stays on short endings: 's, 're, n't.
    text = replace(text, r"([-']+)(?: |$)", after)
    return replace(
        text,
        f"(?:^| )(?:(-[-']*)|('[-']*)([{_LETTER}]{{3}}))",
        before,
    )


def _strip_accents(text):
    """Replaces accented letters by plain ones, and drops loose accents."""
    letters = tf.strings.unicode_decode(text, "UTF-8")
    plain = tf.constant(_plain_letters())

    def strip(letters):
        known = tf.gather(plain, tf.minimum(letters, _ACCENTED - 1))
        return tf.where(letters < _ACCENTED, known, letters)

    if isinstance(letters, tf.RaggedTensor):
        letters = letters.with_flat_values(strip(letters.flat_values))
        letters = tf.ragged.boolean_mask(letters, letters > 0)
    else:
        letters = strip(letters)
        letters = tf.boolean_mask(letters, letters > 0)
    return tf.strings.unicode_encode(letters, "UTF-8")


def _plain_letters():
    """Maps code points below `_ACCENTED` to plain ones, accents to 0."""
    table = np.arange(_ACCENTED, dtype="int32")
    for point in range(_ACCENTED):
        parts = unicodedata.normalize("NFD", chr(point))
        marks = all(0x300 <= ord(part) < 0x370 for part in parts[1:])
        if len(parts) > 1 and marks:
            table[point] = ord(parts[0])
    table[0x300:0x370] = 0
    return table
