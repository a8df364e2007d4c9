"""Word errors: the metric of speech recognition."""

import re
import unicodedata

import numpy as np
from rapidfuzz.distance import Levenshtein

_NOT_WORD = re.compile(r"[^\w' ]|_")
_APART = re.compile(r" +'(?=\w)")  # "dog 's", as treebanks write it.
_LONE = re.compile(r"(?<!\w)'+|'+(?!\w)")


def word_errors(texts, references):
    """Counts the words that were recognised wrongly.

    Both are compared in lower case and NFKC, without punctuation; hyphens
    separate words, and apostrophes inside words are part of them. The word
    error rate is `sum of errors / sum of words`.

    Args:
        texts: Sequence of strings.
        references: Sequence of as many strings.

    Returns:
        Integers of shape `(n, 2)`: substituted, deleted and inserted words,
        the fewest that make the reference of the text; and the words of the
        reference.
    """
    counts = []
    for text, reference in zip(texts, references, strict=True):
        words = spoken_words(reference)
        errors = Levenshtein.distance(spoken_words(text), words)
        counts.append((errors, len(words)))
    return np.array(counts, int).reshape(-1, 2)


def spoken_words(text):
    """Splits a text into words as `word_errors` compares them."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    text = _NOT_WORD.sub(" ", text)
    return _LONE.sub(" ", _APART.sub("'", text)).split()
