"""A corpus: sentences as one array of word numbers."""

import array
import collections
import dataclasses
import os

import numpy as np

from mmkeras.word_vectors import streams


def sentences(path):
    """Reads sentences from a text file, UTF-8, optionally compressed by gzip.

    Args:
        path: File of one sentence per line.

    Yields:
        Strings.

    Raises:
        ValueError: If a line is not UTF-8, or compressed data is truncated.
        OSError: If the file cannot be read.
    """
    with streams.reading(path) as file:
        for number, line in enumerate(file, 1):
            try:
                # The first line of some files begins with a byte order mark.
                encoding = "utf-8-sig" if number == 1 else "utf-8"
                yield line.decode(encoding).strip()
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{path}:{number} is not valid UTF-8: {error}. Convert "
                    "the file, e.g. with `iconv -f latin1 -t utf-8`."
                ) from error


@dataclasses.dataclass(frozen=True, eq=False)
class Corpus:
    """Sentences as word indices; the commonest word is 0.

    Attributes:
        words: List of the different words, by falling count, then
            alphabetical.
        counts: int64 array of shape `(words,)`, how often each occurs.
        tokens: int32 array of shape `(tokens,)`, all sentences one after the
            other.
        sentence: int32 array of shape `(tokens,)`, the number of the sentence
            that each token is in.
    """

    words: list
    counts: np.ndarray
    tokens: np.ndarray
    sentence: np.ndarray

    @property
    def counts_by_word(self):
        """Dict from each word to how often it occurs."""
        return dict(zip(self.words, self.counts.tolist()))

    @classmethod
    def read(cls, sentences, minimum=5, size=None):
        """Reads a corpus in one pass.

        Rare words are removed: their neighbours become neighbours of each
        other.

        Args:
            sentences: Iterable of sentences: strings, which are split at
                spaces, or lists of words. For those of a file, use
                `mmkeras.word_vectors.sentences`.
            minimum: int. Minimum count of a word.
            size: int or `None`. Maximum number of words, the commonest first.

        Returns:
            A `Corpus`.

        Raises:
            ValueError: If no word occurs `minimum` times, or `sentences` is a
                single string.
        """
        if isinstance(sentences, (str, bytes, os.PathLike)):
            raise ValueError(
                "`sentences` must be an iterable of sentences. Received: "
                f"sentences={sentences!r:.80}. For the sentences of a file, "
                "use `mmkeras.word_vectors.sentences(path)`."
            )
        numbers, tokens, lengths = _number(sentences)
        counts = np.bincount(tokens, minlength=len(numbers))
        order = sorted(
            (-count, word)
            for word, count in zip(numbers, counts.tolist())
            if count >= minimum
        )[:size]
        if not order:
            raise ValueError(
                f"No word occurs at least {minimum} times. Received: "
                f"{len(lengths)} sentences of {len(numbers)} different words. "
                "Lower `minimum`."
            )
        words = [word for _, word in order]
        indices = [numbers[word] for word in words]
        renumbered = np.full(len(numbers), -1, "int32")
        renumbered[indices] = np.arange(len(words))
        tokens = renumbered[tokens]
        sentence = np.repeat(np.arange(len(lengths), dtype="int32"), lengths)
        mask = tokens >= 0
        return cls(words, counts[indices], tokens[mask], sentence[mask])


def _number(sentences):
    """Numbers words in order of appearance.

    Returns:
        Tuple of a dict from words to numbers, the tokens' numbers, and the
        sentences' lengths.
    """
    numbers = collections.defaultdict()
    numbers.default_factory = numbers.__len__
    tokens, lengths = array.array("i"), array.array("i")
    for sentence in sentences:
        words = sentence.split() if isinstance(sentence, str) else sentence
        before = len(tokens)
        tokens.extend(map(numbers.__getitem__, words))
        lengths.append(len(tokens) - before)
    return dict(numbers), np.array(tokens), np.array(lengths)
