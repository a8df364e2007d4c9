"""Word and character error rates of transcripts."""

import numpy as np
from rapidfuzz.distance import Levenshtein

RATES = ("word_error_rate", "character_error_rate")


def error_statistics(texts, references):
    """Counts the errors of each text.

    Errors are the fewest words, or characters, to substitute, delete and
    insert to make the text of its reference. Words are separated by spaces.

    Args:
        texts: List of strings.
        references: List of strings, as many.

    Returns:
        Integers of shape `(n, 4)`: wrong words, words of the reference, wrong
        characters, characters of the reference.
    """
    rows = []
    for text, reference in zip(texts, references, strict=True):
        words, expected = text.split(), reference.split()
        rows.append(
            (
                Levenshtein.distance(words, expected),
                len(expected),
                Levenshtein.distance(text, reference),
                len(reference),
            )
        )
    return np.array(rows, int).reshape(-1, 4)


def error_rates(statistics):
    """Computes the error rates of a corpus.

        rate = sum of the errors / sum of the references' lengths

    Args:
        statistics: As of `error_statistics`, or any rows of it.

    Returns:
        Dict of `word_error_rate` and `character_error_rate`, lower is better;
        they can be above 1.
    """
    errors = statistics.sum(axis=0)
    return {
        name: float(errors[2 * i] / max(errors[2 * i + 1], 1))
        for i, name in enumerate(RATES)
    }


def lower_is_better(name):
    """Whether a metric is an error: a loss or an error rate.

    Args:
        name: Name of the metric, such as `"val_word_error_rate"`.
    """
    return name.endswith(("loss", "error_rate"))
