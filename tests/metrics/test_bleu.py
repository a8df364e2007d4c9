import math

import numpy as np
import pytest
from corpora import captions
from corpora import corpora
from corpora import relaxed
from corpora import to_coco
from hypothesis import given
from pycocoevalcap.bleu.bleu import Bleu

from mmkeras.metrics.bleu import Reward
from mmkeras.metrics.bleu import corpus_bleu
from mmkeras.metrics.bleu import from_counts


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


def ids_of(corpus):
    """Converts a corpus to token ids from 3; candidates end with 2."""
    ids = {}

    def number(tokens):
        return [3 + ids.setdefault(token, len(ids)) for token in tokens]

    references = [[number(s) for s in item] for item in corpus[1]]
    return [[*number(tokens), 2] for tokens in corpus[0]], references


@relaxed
@given(corpora())
def test_a_reward_counts_as_the_corpus_does(corpus):
    candidates, references = ids_of(corpus)
    parts = Reward(references).count(np.arange(len(candidates)), candidates)
    matches, totals, closest = (x.sum(axis=0) for x in parts)
    scores = from_counts(matches, totals, totals[0], closest)
    assert scores == pytest.approx(coco(*corpus), abs=1e-6)


@pytest.mark.parametrize("cut", [None, 8])
def test_a_reward_is_what_a_sentence_adds_to_bleu(cut):
    candidates, references = captions(40)
    candidates = [tokens[:cut] for tokens in candidates]
    ids, reference_ids = ids_of((candidates, references))
    reward = Reward(reference_ids)(np.arange(40), ids)
    assert abs(reward.mean()) < 1e-6 and reward.std() > 0.1

    def bleu(extra):
        rows = [*range(40)] * 30 + [extra] * (extra is not None)
        corpus = [candidates[i] for i in rows], [references[i] for i in rows]
        return np.log(corpus_bleu(*corpus)).mean()

    plain = bleu(None)
    for row in (0, 7, 23):
        gain = (bleu(row) - plain) * 1200
        assert gain == pytest.approx(float(reward[row]), abs=0.02)


def test_a_reward_reads_starts_ends_and_padding():
    reward = Reward([[[1, 4, 5, 6, 7, 2, 0]], [[8, 9]]])
    matches, grams, closest = reward.count(
        [0, 1, 1], [[1, 4, 5, 6, 2, 6], [4, 5], [8, 9, 0, 9]]
    )
    assert matches.tolist() == [[3, 2, 1, 0], [0] * 4, [2, 1, 0, 0]]
    assert grams[:, 0].tolist() == [3, 2, 2]
    assert closest.tolist() == [4, 2, 2]


@pytest.mark.parametrize(
    "indices, candidates, error",
    [
        ([0], [[3], [4]], r"Received: shapes \(1,\) and \(2, 1\)"),
        ([2], [[3]], "integers from 0 to 1"),
        ([0], [[-3]], "Token ids must be integers"),
    ],
)
def test_a_reward_refuses_what_does_not_fit(indices, candidates, error):
    with pytest.raises(ValueError, match=error):
        Reward([[[4, 5]], [[8, 9]]])(indices, candidates)
