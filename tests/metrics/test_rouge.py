import pytest
from corpora import captions
from corpora import corpora
from corpora import relaxed
from corpora import to_coco
from corpora import tokens
from hypothesis import given
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.rouge.rouge import my_lcs

from mmkeras.metrics.rouge import common_length
from mmkeras.metrics.rouge import rouge_l


def coco(candidates, references):
    return Rouge().compute_score(*to_coco(candidates, references))[0]


@relaxed
@given(corpora())
def test_equals_pycocoevalcap(corpus):
    assert rouge_l(*corpus) == pytest.approx(coco(*corpus), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_equals_pycocoevalcap_on_captions(seed):
    corpus = captions(300, seed)
    assert rouge_l(*corpus) == pytest.approx(coco(*corpus), abs=1e-6)


@relaxed
@given(tokens(longest=90), tokens(longest=90))
def test_common_length_equals_the_dynamic_programme(first, second):
    assert common_length(first, second) == my_lcs(first, second)


def test_one_word_differs():
    candidate = "police kill the gunman".split()
    reference = "police killed the gunman".split()
    assert rouge_l([candidate], [[reference]]) == pytest.approx(0.75)


def test_recall_weighs_more_than_precision():
    short = rouge_l([["a", "b"]], [[["a", "b", "c", "d"]]])
    long = rouge_l([["a", "b", "c", "d"]], [[["a", "b"]]])
    assert short == pytest.approx(2.44 * 0.5 / (0.5 + 1.44))
    assert long == pytest.approx(2.44 * 0.5 / (1 + 1.44 * 0.5))
    assert short < long


def test_precision_and_recall_are_each_the_best():
    references = [["a", "x", "y", "z"], ["b"]]
    # Precision 1/2 from either, recall 1 from the second.
    expected = 2.44 * 0.5 / (1 + 1.44 * 0.5)
    assert rouge_l([["a", "b"]], [references]) == pytest.approx(expected)


def test_items_are_averaged():
    assert rouge_l([["a"], ["b"]], [[["a"]], [["c"]]]) == pytest.approx(0.5)


def test_empty_candidates_score_zero():
    assert rouge_l([[]], [[["a", "dog"]]]) == 0
