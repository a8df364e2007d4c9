import numpy as np
from corpora import relaxed
from corpora import tokens
from hypothesis import given
from hypothesis import strategies as st

from mmkeras.metrics.ngrams import Index
from mmkeras.metrics.ngrams import ngrams

sentences = st.lists(tokens(alphabet=(3, 4, 5, 2**31 - 1)), max_size=6)


def flat(rows):
    words = [word for row in rows for word in row]
    return np.array(words, "int64"), np.array([len(r) for r in rows], "int64")


def test_ngrams():
    assert list(ngrams("abcd", 3)) == [tuple("abc"), tuple("bcd")]
    assert list(ngrams("ab", 3)) == []


@relaxed
@given(sentences, sentences)
def test_numbers_distinguish_ngrams(indexed, other):
    index = Index(*flat(indexed))
    for n, (numbers, rows) in enumerate(index.number(*flat(other)), start=1):
        grams = [g for row in other for g in ngrams(row, n)]
        places = [at for at, row in enumerate(other) for _ in ngrams(row, n)]
        vocabulary = {gram for row in indexed for gram in ngrams(row, n)}
        assert index.sizes[n - 1] == len(vocabulary)
        assert rows.tolist() == places
        pairs = set(zip(grams, numbers.tolist()))
        assert len(pairs) == len(set(grams)) == len(set(numbers.tolist()))
        for gram, number in pairs:
            assert (number < len(vocabulary)) == (gram in vocabulary)
