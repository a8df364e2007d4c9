import math

import numpy as np
import pytest
from corpora import captions
from corpora import corpora
from corpora import relaxed
from corpora import to_coco
from hypothesis import given
from pycocoevalcap.cider.cider import Cider

from mmkeras.metrics.cider import Reward
from mmkeras.metrics.cider import cider

START, END = 1, 2


def has_words(corpus):
    """COCO's code fails on references without a single word."""
    return any(tokens for item in corpus[1] for tokens in item)


def coco(candidates, references):
    return Cider().compute_score(*to_coco(candidates, references))


def to_ids(candidates, references, first=3, step=1):
    """Replaces tokens by distinct ids: `first`, `first + step`, ..."""
    ids = {}

    def number(tokens):
        return [
            first + step * ids.setdefault(token, len(ids)) for token in tokens
        ]

    references = [[number(tokens) for tokens in item] for item in references]
    return [number(tokens) for tokens in candidates], references


def to_matrix(sequences, length):
    matrix = np.zeros((len(sequences), length), "int32")
    for row, ids in zip(matrix, sequences):
        row[: len(ids)] = ids
    return matrix


@relaxed
@given(corpora().filter(has_words))
def test_equals_pycocoevalcap(corpus):
    assert cider(*corpus) == pytest.approx(coco(*corpus)[0], abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_equals_pycocoevalcap_on_captions(seed):
    corpus = captions(300, seed)
    assert cider(*corpus) == pytest.approx(coco(*corpus)[0], abs=1e-6)


@relaxed
@given(corpora().filter(has_words))
def test_reward_equals_pycocoevalcap_item_by_item(corpus):
    candidates, references = to_ids(*corpus)
    scores = Reward(references)(
        np.arange(len(candidates)), to_matrix(candidates, 10)
    )
    assert scores.dtype == "float32"
    np.testing.assert_allclose(scores, coco(*corpus)[1], rtol=1e-5, atol=1e-6)


def test_single_words_by_hand():
    # Only unigrams exist: a quarter of 10 where they agree.
    references = [[["dog"]], [["cat"]]]
    assert cider([["dog"], ["dog"]], references) == pytest.approx(2.5 / 2)


def test_rarity_by_hand():
    # df: "a" 2 of 2, so its weight is 0; "dog" and "cat" 1 of 2.
    references = [[["a", "dog"]], [["a", "cat"]]]
    candidates = [["a", "bird"], ["a", "cat"]]
    # Second item: unigrams and bigrams agree, 3- and 4-grams do not exist.
    assert cider(candidates, references) == pytest.approx((0 + 5) / 2)


def test_length_penalty_by_hand():
    references = [[["dog"]], [["cat"]]]
    candidates = [["dog"] * 4, ["cat"]]
    # 4 words against 1; the repeated word is clipped to 1 of 4.
    penalty = math.exp(-9 / 72)
    first = 10 / 4 * penalty / 4
    assert cider(candidates, references) == pytest.approx((first + 2.5) / 2)


def test_identical_sentences_score_ten():
    first, second = "two dogs play outside".split(), "a man rides by".split()
    assert cider([first, second], [[first], [second]]) == pytest.approx(10)


def test_a_single_item_scores_zero():
    assert cider([["a", "dog"]], [[["a", "dog"]]]) == 0


def test_empty_sentences_score_zero():
    assert cider([[], []], [[["a"]], [["b"], []]]) == 0
    assert cider([["a"], []], [[[]], [[]]]) == 0


def test_reward_scores_any_items_in_any_order():
    candidates, references = to_ids(*captions(40))
    reward = Reward(references)
    every = reward(np.arange(40), to_matrix(candidates, 30))
    picked = np.array([7, 3, 3, 39, 0])
    matrix = to_matrix([candidates[row] for row in picked], 30)
    np.testing.assert_array_equal(reward(picked, matrix), every[picked])
    assert every.max() > 0.5


def test_reward_ends_sentences():
    reward = Reward([[[5, 6, 7]], [[8, 9]]])
    plain = reward([0, 1], np.array([[5, 6, 7, 0, 0], [8, 0, 0, 0, 0]]))
    padded = np.array([[START, 5, 6, 7, END], [8, END, 9, 5, 5]])
    np.testing.assert_array_equal(reward([0, 1], padded), plain)
    resumed = np.array([[5, 6, 7, 0, 9], [8, 0, 9, 0, 0]])
    np.testing.assert_array_equal(reward([0, 1], resumed), plain)


def test_reward_reads_references_with_start_end_and_padding():
    plain = Reward([[[5, 6, 7], [5]], [[8, 9]]])
    padded = Reward(
        np.array(
            [
                [[1, 5, 6, 7, 2, 0], [5, 2, 9, 9, 0, 0]],
                [[8, 9, 2, 0, 0, 0], [8, 9, 0, 5, 0, 0]],
            ]
        )
    )
    candidates = np.array([[5, 6, 4], [8, 9, 9]])
    np.testing.assert_allclose(
        plain([0, 1], candidates), padded([0, 1], candidates)
    )


def test_reward_takes_its_own_start_and_end():
    reward = Reward([[[3, 9, 5, 4, 7]], [[8]]], start=3, end=4)
    plain = Reward([[[9, 5]], [[8]]])
    np.testing.assert_array_equal(
        reward([0], np.array([[3, 9, 6, 4]])),
        plain([0], np.array([[9, 6, 0, 0]])),
    )


def test_reward_keeps_the_end_as_a_word():
    references = [[[5, 6, 7, END]], [[8, 9, END]]]
    candidates = np.array([[5, 6, 7, 0], [5, 6, 7, END], [8, 5, END, 9]])
    scores = Reward(references, keep_end=True)([0, 0, 1], candidates)
    cut, whole = scores[:2]
    assert cut < whole == pytest.approx(10)
    words = [[["5", "6", "7", "."]], [["8", "9", "."]]]
    candidates = [["5", "6", "7", "."], ["8", "5", "."]]
    np.testing.assert_allclose(
        scores[1:], coco(candidates, words)[1], rtol=1e-5, atol=1e-6
    )


def test_reward_is_exact_with_any_ids():
    corpus = captions(60)
    small = to_ids(*corpus)
    large = to_ids(*corpus, first=2**20, step=2**24 + 1)
    rows = np.arange(60)
    np.testing.assert_array_equal(
        Reward(small[1])(rows, small[0]), Reward(large[1])(rows, large[0])
    )


def test_reward_scores_nothing():
    scores = Reward([[[5]]])([], np.zeros((0, 4), "int32"))
    assert scores.shape == (0,) and scores.dtype == "float32"


def test_reward_knows_its_items():
    assert len(Reward([[[5]], [[6], [7]]])) == 2


@pytest.mark.parametrize(
    ("indices", "candidates", "message"),
    [
        ([2], [[5]], "from 0 to 1"),
        ([-1], [[5]], "from 0 to 1"),
        ([0.0], [[5]], "must be integers"),
        ([0, 1], np.array([[5]]), "Received: shapes"),
        ([0], np.array([5]), "Received: shapes"),
        ([0], np.array([[5.0]]), "Token ids must be integers"),
        ([0], np.array([[-5]]), "Token ids must be integers"),
        ([0], ["dog"], "sequence of integer token ids"),
    ],
)
def test_reward_refuses(indices, candidates, message):
    reward = Reward([[[5]], [[6]]])
    with pytest.raises(ValueError, match=message):
        reward(indices, candidates)


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ([], "not empty"),
        ([[[5]], []], r"references\[1\]=\[\]"),
        ([["a dog"]], "sequence of integer token ids"),
        ([[["a", "dog"]]], "sequence of integer token ids"),
        ([[[5.5]]], "sequence of integer token ids"),
        ([[[-5]]], "integers from 0"),
    ],
)
def test_reward_refuses_references(references, message):
    with pytest.raises(ValueError, match=message):
        Reward(references)
