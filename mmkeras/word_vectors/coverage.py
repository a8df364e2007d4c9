"""Coverage of a corpus by word vectors."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Coverage:
    """Coverage of the words of a corpus by vectors.

    Attributes:
        words: int. Different words of the corpus.
        words_found: int. Number of these that have a vector.
        tokens: int. Running words of the corpus.
        tokens_found: int. Number of these that have a vector.
        spelled: Dict of the numbers of different words found `"as they are"`,
            `"in lower case"`, `"capitalised"` and `"by another name"`.
        missing: List of the words without a vector, as tuples of the word and
            its count, the commonest first.
    """

    words: int
    words_found: int
    tokens: int
    tokens_found: int
    spelled: dict
    missing: list

    @property
    def share_of_words(self):
        """Share of the different words that have a vector, in [0, 1]."""
        return self.words_found / self.words

    @property
    def share_of_tokens(self):
        """Share of the running words that have a vector, in [0, 1]."""
        return self.tokens_found / self.tokens


_SPELLED = ("as they are", "in lower case", "capitalised", "by another name")


def coverage(vectors, counts, minimum=1):
    """Counts the words of a corpus that have vectors, and lists the others.

    Words are looked up as `mmkeras.word_vectors.embedding_matrix` does.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        counts: Dict from words to how often they occur, as
            `mmkeras.word_vectors.Corpus.counts_by_word`.
        minimum: int. Minimum count; words that occur less often are ignored.

    Returns:
        A `Coverage`.

    Raises:
        ValueError: If no word occurs `minimum` times.
    """
    counts = {word: n for word, n in counts.items() if n >= minimum}
    if not counts:
        raise ValueError(
            "Expected at least one word to look up. Received: counts without "
            f"a word that occurs at least minimum={minimum} times"
        )
    matches = {word: vectors.find(word) for word in counts}
    places = [match[1] for match in matches.values() if match]
    missing = sorted(
        (-counts[word], word) for word in counts if not matches[word]
    )
    missing_tokens = -sum(n for n, _ in missing)
    return Coverage(
        words=len(counts),
        words_found=len(places),
        tokens=sum(counts.values()),
        tokens_found=sum(counts.values()) - missing_tokens,
        spelled={
            name: places.count(place) for place, name in enumerate(_SPELLED)
        },
        missing=[(word, -n) for n, word in missing],
    )
