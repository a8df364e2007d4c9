import collections

import numpy as np
import pytest

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors.cooccurrence import cooccurrence


def by_hand(corpus, window):
    """Counts pair by pair."""
    counts = collections.Counter()
    size = len(corpus.tokens)
    for i in range(size):
        for j in range(max(0, i - window), min(size, i + window + 1)):
            if i != j and corpus.sentence[i] == corpus.sentence[j]:
                pair = int(corpus.tokens[i]), int(corpus.tokens[j])
                counts[pair] += 1 / abs(i - j)
    return counts


def test_a_sentence_by_hand():
    corpus = Corpus.read(["a b a c"], minimum=1)
    rows, columns, counts = cooccurrence(corpus, window=2)
    actual = {
        corpus.words[i] + corpus.words[j]: x
        for i, j, x in zip(rows, columns, counts.tolist())
    }
    # The two a have distance 2, and each is the other's neighbour.
    expected = {"aa": 1.0, "ab": 2.0, "ac": 1.0, "bc": 0.5}
    assert actual == {**expected, "ba": 2.0, "ca": 1.0, "cb": 0.5}


@pytest.mark.parametrize("window", [1, 3, 10])
@pytest.mark.parametrize("chunk", [1, 7, 100_000])
def test_chunks_equal_counting_pair_by_pair(window, chunk):
    rng = np.random.default_rng(0)
    texts = [
        " ".join(map(str, rng.integers(0, 9, rng.integers(0, 12))))
        for _ in range(20)
    ]
    corpus = Corpus.read(texts, minimum=1)
    rows, columns, counts = cooccurrence(corpus, window, chunk)
    expected = by_hand(corpus, window)
    pairs = list(zip(rows.tolist(), columns.tolist()))
    assert pairs == sorted(expected)
    np.testing.assert_allclose(counts, [expected[pair] for pair in pairs])


def test_no_two_words_together():
    corpus = Corpus.read(["a", "b"], minimum=1)
    assert [len(x) for x in cooccurrence(corpus)] == [0, 0, 0]
