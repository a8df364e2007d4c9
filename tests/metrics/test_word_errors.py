import numpy as np
import pytest

from mmkeras import metrics


def test_errors_are_substitutions_deletions_and_insertions():
    texts = ["the cat sat on a mat", "cat sat", "so the cat sat"]
    counts = metrics.word_errors(texts, ["the cat sat on the mat"] * 3)
    assert counts.tolist() == [[1, 6], [4, 6], [4, 6]]
    assert metrics.word_errors([], []).shape == (0, 2)


@pytest.mark.parametrize(
    "text, reference",
    [
        ("A dog, running!", "a dog running ."),
        ("The dog's T-shirt", "the dog 's t shirt"),
        ("It’s ‘fine’", "it's fine"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_case_and_punctuation_do_not_count(text, reference):
    assert metrics.word_errors([text], [reference])[0, 0] == 0


def test_distances_by_dynamic_programming():
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = (rng.integers(0, 3, rng.integers(0, 7)) for _ in range(2))
        table = np.zeros((len(one) + 1, len(other) + 1), int)
        table[:, 0], table[0] = range(len(one) + 1), range(len(other) + 1)
        for i, x in enumerate(one):
            for j, y in enumerate(other):
                gap = 1 + min(table[i, j + 1], table[i + 1, j])
                table[i + 1, j + 1] = min(table[i, j] + (x != y), gap)
        texts = [" ".join("abc"[i] for i in words) for words in (one, other)]
        counts = metrics.word_errors(texts[:1], texts[1:])
        assert counts.tolist() == [[table[-1, -1], len(other)]]
