import numpy as np
import pytest

from mmkeras.word_vectors import Vectors
from mmkeras.word_vectors import spellings

VECTORS = Vectors(["dog", "Rome", "Dog", "zero", "<unk>"], np.eye(5, 3))


def test_spellings():
    assert spellings("iPod") == ("iPod", "ipod", "IPod")
    assert spellings("<unknown>")[-1] == "<unk>"
    assert spellings("") == ("", "", "")


@pytest.mark.parametrize(
    "word, expected",
    [
        ("dog", (0, 0)),
        ("Dog", (2, 0)),
        ("DOG", (0, 1)),
        ("rome", (1, 2)),
        ("<unknown>", (4, 3)),
        ("cat", None),
    ],
)
def test_find(word, expected):
    assert VECTORS.find(word) == expected


def test_lookup():
    assert VECTORS["rome"].tolist() == [0, 1, 0]
    assert ("dog" in VECTORS, "rome" in VECTORS) == (True, False)
    assert (len(VECTORS), VECTORS.dim) == (5, 3)


def test_an_unknown_word_gets_a_suggestion():
    with pytest.raises(ValueError, match="'dgo' .*Did you mean 'dog'?"):
        VECTORS["dgo"]


def test_unit_keeps_zeros():
    unit = Vectors(["a", "b"], [[3, 4], [0, 0]]).unit
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0, 0]])


@pytest.mark.parametrize(
    "words, shape, error",
    [
        (["a"], (2, 3), "one row per word"),
        (["a"], (1,), "one row per word"),
        (["a", "a"], (2, 3), "2 words, 1 of them distinct"),
    ],
)
def test_invalid_arguments(words, shape, error):
    with pytest.raises(ValueError, match=error):
        Vectors(words, np.zeros(shape))
