import collections

import numpy as np

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors import pairs

COUNTS = np.array([80, 15, 5])


def corpus(*lengths):
    """Sentences of different words, numbered by their places."""
    size = sum(lengths)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    numbers = np.arange(size, dtype="int32")
    words = [str(number) for number in numbers]
    return Corpus(words, np.ones(size, int), numbers, sentence)


def every(found):
    word, near = found[np.arange(len(found))]
    return list(zip(word.tolist(), near.tolist()))


def test_keep_probability():
    # f = 0.8, 0.15, 0.05; sqrt(0.1 / f), at most 1.
    expected = [0.35355339, 0.81649658, 1]
    np.testing.assert_allclose(pairs.keep_probability(COUNTS, 0.1), expected)


def test_nothing_is_thinned_out():
    assert pairs.keep_probability(COUNTS, 0).tolist() == [1, 1, 1]


def test_noise_probability():
    # 16 ** 0.75 = 8 and 81 ** 0.75 = 27.
    found = pairs.noise_probability([81, 16, 1])
    np.testing.assert_allclose(found, [27 / 36, 8 / 36, 1 / 36])
    even = pairs.noise_probability([81, 16, 1], power=0)
    np.testing.assert_allclose(even, [1 / 3] * 3)


def test_a_window_of_one_sees_both_sides_of_every_word():
    found = pairs.Pairs(corpus(3, 1, 2), 1, 0, np.random.default_rng(0))
    assert every(found) == [(0, 1), (1, 0), (1, 2), (2, 1), (4, 5), (5, 4)]


def test_the_window_is_drawn_for_every_word():
    window, size = 4, 20_000
    found = every(
        pairs.Pairs(corpus(size), window, 0, np.random.default_rng(0))
    )
    assert len(set(found)) == len(found)
    seen = collections.defaultdict(set)
    for word, near in found:
        seen[word].add(near - word)
    reach = [max(seen[word]) for word in range(window, size - window)]
    for word, far in zip(range(window, size - window), reach):
        assert seen[word] == {*range(-far, 0), *range(1, far + 1)}
    shares = np.bincount(reach)[1:] / len(reach)
    np.testing.assert_allclose(shares, [1 / window] * window, atol=0.02)


def test_no_pair_crosses_a_sentence():
    lengths = np.random.default_rng(0).integers(0, 6, 200)
    text = corpus(*lengths)
    found = every(pairs.Pairs(text, 5, 0, np.random.default_rng(1)))
    assert found
    for word, near in found:
        assert text.sentence[word] == text.sentence[near]
        assert word != near


def test_common_words_are_thinned_out():
    tokens = np.array([0, 1, 0, 2] * 2000, "int32")
    counts = np.bincount(tokens)
    text = Corpus(["a", "b", "c"], counts, tokens, np.zeros(8000, "int32"))
    found = pairs.Pairs(text, 1, 0.01, np.random.default_rng(0))
    kept = np.bincount(found.tokens)
    # sqrt(0.01 / 0.5) of 4,000, and sqrt(0.01 / 0.25) of 2,000.
    np.testing.assert_allclose(kept, [565.7, 400, 400], atol=80)


def test_the_neighbours_of_what_is_left_out_move_together():
    tokens = np.array([0, 1, 0, 2] * 2000, "int32")
    counts = np.array([10**15, 1])
    some = Corpus(["a", "b"], counts, tokens // 2, 0 * tokens)
    kept = pairs.Pairs(some, 1, 1e-15, np.random.default_rng(0))
    assert set(every(kept)) == {(1, 1)}


def test_noise_is_drawn_by_its_probability_but_for_the_neighbour():
    chances = pairs.noise_probability([81, 16, 1])
    near = np.zeros(40_000, "int32")
    rng = np.random.default_rng(0)
    drawn = pairs.noise(np.cumsum(chances), near, 2, rng)
    assert drawn.shape == (40_000, 2)
    shares = np.bincount(drawn.ravel(), minlength=3) / drawn.size
    np.testing.assert_allclose(shares, [0, 8 / 9, 1 / 9], atol=0.005)
    drawn = pairs.noise(np.cumsum(chances), near + 2, 2, rng)
    shares = np.bincount(drawn.ravel(), minlength=3) / drawn.size
    np.testing.assert_allclose(shares, [27 / 35, 8 / 35, 0], atol=0.005)
