import collections

import numpy as np

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors import pairs

COUNTS = np.array([80, 15, 5])


def corpus(*lengths):
    """Makes sentences of different words, numbered by their positions."""
    size = sum(lengths)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    numbers = np.arange(size, dtype="int32")
    words = [str(number) for number in numbers]
    return Corpus(words, np.ones(size, int), numbers, sentence)


def every(epoch):
    word, near = epoch[np.arange(len(epoch))]
    return list(zip(word.tolist(), near.tolist()))


def test_keep_probability():
    # f = 0.8, 0.15, 0.05; sqrt(0.1 / f), at most 1.
    expected = [0.35355339, 0.81649658, 1]
    np.testing.assert_allclose(pairs.keep_probability(COUNTS, 0.1), expected)


def test_zero_keeps_every_word():
    assert pairs.keep_probability(COUNTS, 0).tolist() == [1, 1, 1]


def test_noise_probability():
    # 16 ** 0.75 = 8 and 81 ** 0.75 = 27.
    probability = pairs.noise_probability([81, 16, 1])
    np.testing.assert_allclose(probability, [27 / 36, 8 / 36, 1 / 36])
    uniform = pairs.noise_probability([81, 16, 1], power=0)
    np.testing.assert_allclose(uniform, [1 / 3] * 3)


def test_a_window_of_one_has_both_neighbours():
    epoch = pairs.Pairs(corpus(3, 1, 2), 1, 0, np.random.default_rng(0))
    assert every(epoch) == [(0, 1), (1, 0), (1, 2), (2, 1), (4, 5), (5, 4)]


def test_the_window_is_sampled_per_word():
    window, size = 4, 20_000
    all_pairs = every(
        pairs.Pairs(corpus(size), window, 0, np.random.default_rng(0))
    )
    assert len(set(all_pairs)) == len(all_pairs)
    offsets = collections.defaultdict(set)
    for word, near in all_pairs:
        offsets[word].add(near - word)
    reach = [max(offsets[word]) for word in range(window, size - window)]
    for word, far in zip(range(window, size - window), reach):
        assert offsets[word] == {*range(-far, 0), *range(1, far + 1)}
    shares = np.bincount(reach)[1:] / len(reach)
    np.testing.assert_allclose(shares, [1 / window] * window, atol=0.02)


def test_no_pair_crosses_a_sentence():
    lengths = np.random.default_rng(0).integers(0, 6, 200)
    text = corpus(*lengths)
    all_pairs = every(pairs.Pairs(text, 5, 0, np.random.default_rng(1)))
    assert all_pairs
    for word, near in all_pairs:
        assert text.sentence[word] == text.sentence[near]
        assert word != near


def test_common_words_are_subsampled():
    tokens = np.array([0, 1, 0, 2] * 2000, "int32")
    counts = np.bincount(tokens)
    text = Corpus(["a", "b", "c"], counts, tokens, np.zeros(8000, "int32"))
    epoch = pairs.Pairs(text, 1, 0.01, np.random.default_rng(0))
    counts = np.bincount(epoch.tokens)
    # sqrt(0.01 / 0.5) of 4,000, and sqrt(0.01 / 0.25) of 2,000.
    np.testing.assert_allclose(counts, [565.7, 400, 400], atol=80)


def test_neighbours_of_dropped_words_become_adjacent():
    tokens = np.array([0, 1, 0, 2] * 2000, "int32")
    counts = np.array([10**15, 1])
    some = Corpus(["a", "b"], counts, tokens // 2, 0 * tokens)
    epoch = pairs.Pairs(some, 1, 1e-15, np.random.default_rng(0))
    assert set(every(epoch)) == {(1, 1)}


def test_noise_follows_its_probability_except_for_the_neighbour():
    probability = pairs.noise_probability([81, 16, 1])
    near = np.zeros(40_000, "int32")
    rng = np.random.default_rng(0)
    negatives = pairs.noise(np.cumsum(probability), near, 2, rng)
    assert negatives.shape == (40_000, 2)
    shares = np.bincount(negatives.ravel(), minlength=3) / negatives.size
    np.testing.assert_allclose(shares, [0, 8 / 9, 1 / 9], atol=0.005)
    negatives = pairs.noise(np.cumsum(probability), near + 2, 2, rng)
    shares = np.bincount(negatives.ravel(), minlength=3) / negatives.size
    np.testing.assert_allclose(shares, [27 / 35, 8 / 35, 0], atol=0.005)
