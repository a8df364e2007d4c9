from collections import Counter

import numpy as np
import pytest
from checks import fast
from checks import numpy
from checks import only_tensorflow
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from mmkeras import generation
from mmkeras.generation import mbr_scores


def grams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def overlap(first, second):
    """The formula, in plain Python."""
    total = 0
    for n in range(1, 5):
        a, b = grams(first, n), grams(second, n)
        size = sum(a.values()) + sum(b.values())
        total += 2 * sum((a & b).values()) / size if size else 0
    return total / 4


def expected(tokens, weights):
    sentences = [[row[row != 0].tolist() for row in rows] for rows in tokens]
    return [
        [sum(v * overlap(a, b) for v, b in zip(w, rows)) for a in rows]
        for rows, w in zip(sentences, weights)
    ]


def pad(rows, length):
    return np.array([[*row, *[0] * (length - len(row))] for row in rows])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.lists(st.integers(1, 3), max_size=7), min_size=3, max_size=3
        ),
        min_size=2,
        max_size=2,
    ),
    st.integers(0, 1000),
)
def test_equals_the_formula(sentences, seed):
    tokens = np.stack([pad(rows, 7) for rows in sentences]).astype("int32")
    weights = np.random.default_rng(seed).dirichlet(np.ones(3), 2)
    scores = numpy(fast(mbr_scores)(tokens, weights.astype("float32")))
    np.testing.assert_allclose(scores, expected(tokens, weights), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 3), max_size=7), min_size=5, max_size=5)
)
def test_expected_matches_equal_the_formula(sentences):
    tokens = pad(sentences, 7).astype("int32")
    scores = generation.expected_ngram_matches(
        tokens[None], tokens[None, 2:], 2
    )
    matches = [
        sum(
            sum((grams(a, n) & grams(b, n)).values())
            for b in sentences[2:]
            for n in range(1, 5)
        )
        / 3
        for a in sentences
    ]
    np.testing.assert_allclose(numpy(scores), [matches], atol=1e-5)


def test_by_hand():
    tokens = pad([[5, 6, 7, 5], [5, 5, 6], [8]], 4)[None]
    # 1-grams 2 * 3 / 7, 2-grams 2 * 1 / 5, no more.
    half = (6 / 7 + 2 / 5) / 4
    scores = numpy(mbr_scores(tokens, np.array([[0.0, 1.0, 0.0]])))
    np.testing.assert_allclose(scores, [[half, 3 / 4, 0]], atol=1e-6)


def test_sentences_of_one_word():
    scores = numpy(mbr_scores(np.array([[[3], [3], [4]]]), np.ones((1, 3)) / 3))
    np.testing.assert_allclose(scores, [[1 / 6, 1 / 6, 1 / 12]], atol=1e-6)


@only_tensorflow
@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_of_any_batch(jit):
    import tensorflow as tf

    tokens = np.random.default_rng(0).integers(0, 4, (5, 3, 6))
    tokens = -np.sort(-tokens).astype("int32")  # Padding comes last.
    weights = np.full((5, 3), 1 / 3, "float32")
    shape = [tf.TensorSpec([None, 3, 6], "int32"), tf.TensorSpec([None, 3])]
    graph = tf.function(mbr_scores, shape, jit_compile=jit)
    np.testing.assert_allclose(
        graph(tokens, weights), mbr_scores(tokens, weights), atol=1e-6
    )
