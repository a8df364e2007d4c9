import math

import pytest
from corpora import captions
from corpora import corpora
from corpora import relaxed
from corpora import to_coco
from hypothesis import given
from pycocoevalcap.bleu.bleu import Bleu

from mmkeras.metrics.bleu import corpus_bleu


def coco(candidates, references, order=4):
    return Bleu(order).compute_score(
        *to_coco(candidates, references), verbose=0
    )[0]


@relaxed
@given(corpora())
def test_equals_pycocoevalcap(corpus):
    assert corpus_bleu(*corpus) == pytest.approx(coco(*corpus), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_equals_pycocoevalcap_on_captions(seed):
    corpus = captions(300, seed)
    assert corpus_bleu(*corpus) == pytest.approx(coco(*corpus), abs=1e-6)


@pytest.mark.parametrize("order", [1, 2])
def test_lower_order(order):
    corpus = captions(30)
    scores = corpus_bleu(*corpus, order=order)
    assert scores == pytest.approx(coco(*corpus, order), abs=1e-6)


def test_higher_order():
    candidates = ["a brown dog runs on grass".split()]
    references = [["a brown dog runs on sand".split()]]
    scores = corpus_bleu(candidates, references, order=5)
    product = 5 / 6 * 4 / 5 * 3 / 4 * 2 / 3 * 1 / 2
    assert len(scores) == 5
    assert scores[-1] == pytest.approx(product ** (1 / 5))


def test_counts_are_clipped():
    references = [
        "the cat is on the mat".split(),
        "there is a cat on the mat".split(),
    ]
    scores = corpus_bleu([["the"] * 7], [references])
    assert scores[0] == pytest.approx(2 / 7)
    assert scores[1] == pytest.approx(0, abs=1e-6)


def test_short_candidates_are_penalised():
    scores = corpus_bleu([["a", "dog"]], [["a dog runs home".split()]], 2)
    assert scores == pytest.approx([math.exp(-1)] * 2)


def test_long_candidates_are_not_penalised_twice():
    scores = corpus_bleu(["a dog runs home".split()], [[["a", "dog"]]], 1)
    assert scores == pytest.approx([0.5])


def test_the_shorter_of_two_equally_close_references_counts():
    scores = corpus_bleu([["a", "b"]], [[["a", "b", "c"], ["a"]]], 1)
    assert scores == pytest.approx([1])


def test_the_corpus_is_not_a_mean_of_sentences():
    candidates = [["a"], ["b", "c", "d"]]
    references = [[["a"]], [["x", "y", "z"]]]
    assert corpus_bleu(candidates, references, 1) == pytest.approx([1 / 4])


def test_identical_sentences_score_one():
    sentence = "two dogs play in the snow".split()
    assert corpus_bleu([sentence], [[sentence]]) == pytest.approx([1] * 4)


def test_empty_candidates_score_zero():
    assert corpus_bleu([[]], [[["a", "dog"]]]) == [0, 0, 0, 0]
