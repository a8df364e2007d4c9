"""Subword codec: a sentence to ids of pieces of words, and exactly back."""

import io
import re

import tensorflow as tf

from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs.piece_merges import PieceMerges
from mmkeras.data.codecs.token_codec import TokenCodec
from mmkeras.data.codecs.unigrams import Unigrams
from mmkeras.data.codecs.vocabulary import Vocabulary

ALGORITHMS = ("unigram", "bpe")
SPACE = "▁"
SPECIAL = ("", "<start>", "<end>")
START, END = 1, 2
# The bytes of characters that are no piece are written as private characters.
_BYTES = [chr(0xF0000 + byte) for byte in range(256)]
_MASK = "□"
_CUT = b"\xff"  # Between words; it is in no valid UTF-8.
_LONGEST = 2_000  # Characters of a word; further ones are left out.
_COVERAGE = 0.9995  # Share of the characters in texts that are pieces.


class Subwords(TokenCodec):
    """Encodes sentences as ids of subwords, learned from texts.

    Ids 0 to 2 are padding, start and end; ids 3 to 258 are the bytes 0 to 255;
    the pieces follow. A character that is no piece, such as a rare letter, an
    emoji, a tab or a line break, is encoded as the bytes of its UTF-8, so all
    texts have ids, and `decode(encode(text))` is the text itself, including
    its spaces, unless it is truncated. A text of white space alone is missing.

    It uses only core TensorFlow without resources, so it runs in `tf.data` and
    in a SavedModel that any server loads. The package `sentencepiece` is only
    needed to learn pieces.

    Args:
        vocabulary: List of distinct pieces; in them, `"▁"` is a space, which
            is only at the beginning.
        scores: List of the logarithm of the probability of each piece; for
            `"bpe"`, pieces with a higher score are merged first.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are truncated.
        lowercase: bool. Whether to convert all letters to lower case.
        language: Code of the language of the texts, such as `"de"`, by which
            metrics split them into words; or `None`.
        masked: List of words that are replaced by `"□"` in any case.
        algorithm: `"unigram"` for the most likely pieces of each word, or
            `"bpe"` for byte-pair encoding, which merges characters.

    Raises:
        ValueError: If `algorithm` is unknown, there is not one score per
            piece, a piece is empty or occurs twice, a character of a piece is
            none itself, or `length` is below 3.

    Reference:
        Unigrams: [Kudo, 2018](https://arxiv.org/abs/1804.10959); byte pairs:
        [Sennrich et al., 2016](https://arxiv.org/abs/1508.07909)
    """

    def __init__(
        self,
        vocabulary,
        scores,
        length=64,
        lowercase=False,
        language=None,
        masked=(),
        algorithm="unigram",
    ):
        _check_algorithm(algorithm)
        self._pieces, self._scores = list(vocabulary), list(scores)
        _check(self._pieces, self._scores)
        tokens = [*SPECIAL, *_BYTES, *self._pieces]
        super().__init__(tokens, length, START, END)
        self.lowercase, self.language = bool(lowercase), language
        self.masked, self.algorithm = list(masked), algorithm
        # A byte is never better than a piece: nothing else has its character.
        scores = [None] * len(SPECIAL) + [0.0] * len(_BYTES) + self._scores
        self._split = (
            Unigrams(tokens, scores, END)
            if algorithm == "unigram"
            else PieceMerges(tokens, scores)
        )
        single = {x for x in self._pieces if len(x) == 1} - {SPACE}
        self._alphabet = Vocabulary([" ", *sorted(single)])
        self._texts = [
            *[b""] * len(SPECIAL),
            *[bytes([byte]) for byte in range(256)],
            *[piece.replace(SPACE, " ").encode() for piece in self._pieces],
        ]

    @classmethod
    def from_texts(cls, texts, size=6000, **options):
        """Learns pieces from texts, with the package `sentencepiece`.

        Args:
            texts: Iterable of strings: training texts only, since other texts
                would bias the scores; those of two languages for a joint
                vocabulary.
            size: Maximum number of pieces; few texts have fewer.
            **options: Further arguments of `Subwords`.

        Returns:
            A `Subwords`.

        Raises:
            ValueError: If the texts have more letters than `size`, or no word.
            ModuleNotFoundError: If `sentencepiece` is not installed.
        """
        lines = [" ".join(text.replace(SPACE, " ").split()) for text in texts]
        if options.get("masked"):
            pattern = _pattern(options["masked"])
            lines += [re.sub(pattern, _MASK, line) for line in lines]
        if options.get("lowercase"):
            lines = [line.lower() for line in lines]
        lines = [line for line in lines if line]
        if not lines:
            raise ValueError(
                "Subwords are learned from at least one text with a word. "
                "Received: no text"
            )
        algorithm = options.get("algorithm", ALGORITHMS[0])
        _check_algorithm(algorithm)
        return cls(*_learn(lines, size, algorithm), **options)

    @property
    def num_pieces(self):
        """Number of pieces, without special ids and bytes."""
        return len(self._pieces)

    def token_ids(self, sentence, limit):
        """See `TokenCodec.token_ids`."""
        words = self._words(sentence)
        unique, index = tf.unique(words.flat_values)
        unique = tf.strings.substr(unique, 0, _LONGEST, "UTF8_CHAR")
        ids = tf.gather(self._split(unique), index)
        return words.with_flat_values(ids).merge_dims(1, 2)

    def decode(self, ids):
        """Decodes sentences, up to the first end.

        Args:
            ids: Integer tensor of shape `(..., length)`, of any length, with
                or without a start.

        Returns:
            String tensor of shape `(...)`, valid UTF-8: bytes that are not are
            replaced by U+FFFD.
        """
        ids = tf.convert_to_tensor(ids)
        after_end = tf.cumsum(tf.cast(ids == END, tf.int32), axis=-1) > 0
        texts = tf.gather(tf.constant(self._texts), tf.where(after_end, 0, ids))
        text = tf.strings.reduce_join(texts, -1)
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
        return tf.strings.regex_replace(text, "^ ", "")

    def canonical(self, texts):
        """See `Text.canonical`."""
        if not self.lowercase:
            return list(texts)
        lowered = tf.strings.lower(tf.constant(texts, tf.string), "utf-8")
        return [text.decode("utf-8") for text in lowered.numpy()]

    def samples(self):
        """See `Codec.samples`: short, long and unusual sentences."""
        words = [x.removeprefix(SPACE) for x in self._pieces]
        words = [x for x in words if x.isalpha()] or ["a"]
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
            "lowercase": self.lowercase,
            "language": self.language,
            "masked": self.masked,
            "algorithm": self.algorithm,
        }

    def _words(self, text):
        """Splits texts into words, each of which begins with a space."""
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
        if self.lowercase:
            text = tf.strings.lower(text, encoding="utf-8")
        if self.masked:
            pattern = _pattern(self.masked)
            text = tf.strings.regex_replace(text, pattern, _MASK)
        is_blank = tf.strings.regex_full_match(text, r"[\s\pZ]*")
        text = tf.where(is_blank, "", " " + text)
        characters = tf.strings.unicode_split(text, "UTF-8")
        unique, index = tf.unique(characters.flat_values)
        _, is_piece = self._alphabet.find(unique)
        unique = tf.where(is_piece, unique, _escape(unique))
        unique = tf.where(unique == " ", _CUT + SPACE.encode(), unique)
        characters = characters.with_flat_values(tf.gather(unique, index))
        words = tf.strings.split(tf.strings.reduce_join(characters, 1), _CUT)
        return tf.ragged.boolean_mask(words, words != "")


def _pattern(words):
    """A regular expression of whole words, in any case."""
    return rf"(?i)\b(?:{'|'.join(map(re.escape, words))})\b"


def _escape(characters):
    """Writes each character as the private characters of its bytes."""
    units = tf.strings.bytes_split(characters)
    numbers = tf.reshape(tf.io.decode_raw(units.flat_values, tf.uint8), [-1])
    numbers = tf.cast(numbers, tf.int32) + ord(_BYTES[0])
    escaped = tf.strings.unicode_encode(numbers[:, None], "UTF-8")
    return tf.strings.reduce_join(units.with_flat_values(escaped), 1)


def _learn(lines, size, algorithm):
    """Learns the pieces of texts and their scores."""
    try:
        import sentencepiece  # Late: only training needs it.
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Learning subwords needs the package sentencepiece: pip install "
            "'mmkeras[translate]'"
        ) from error
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            model_type=algorithm,
            vocab_size=size + 1,  # And that of unknown pieces.
            hard_vocab_limit=False,
            character_coverage=_COVERAGE,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            max_sentence_length=2**16,
            bos_id=-1,
            eos_id=-1,
            num_threads=1,  # So that sums have one order.
            minloglevel=2,
        )
    except RuntimeError as error:
        raise ValueError(
            f"Subwords cannot be learned from {len(lines)} texts: {error}. "
            "Choose another number of pieces. Received: "
            f"size={size}"
        ) from error
    model = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = range(1, model.get_piece_size())  # Id 0 is that of unknown pieces.
    scores = {model.id_to_piece(i): model.get_score(i) for i in ids}
    scores.setdefault(SPACE, min(scores.values(), default=0.0))
    return list(scores), [float(score) for score in scores.values()]


def _check_algorithm(algorithm):
    if algorithm not in ALGORITHMS:
        raise ValueError(
            f"`algorithm` must be one of {', '.join(ALGORITHMS)}. Received: "
            f"algorithm={algorithm!r}"
        )


def _check(pieces, scores):
    if len(scores) != len(pieces):
        raise ValueError(
            "`scores` must have one entry per piece. Received: "
            f"{len(scores)} scores of {len(pieces)} pieces"
        )
    if SPACE not in pieces or "" in pieces or len({*pieces}) < len(pieces):
        raise ValueError(
            "`vocabulary` must be a list of distinct pieces, one of which is "
            f"{SPACE!r}, a space. Received: {pieces[:20]}"
        )
    letters = {letter for piece in pieces for letter in piece} - {*pieces}
    if letters:
        raise ValueError(
            "Every character of a piece must be a piece. Received pieces with "
            f"{sorted(letters)[:20]}"
        )
