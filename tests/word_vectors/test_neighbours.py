import numpy as np
import pytest

from mmkeras.word_vectors import Vectors
from mmkeras.word_vectors import analogy
from mmkeras.word_vectors import neighbours

RNG = np.random.default_rng(0)
MANY = Vectors([f"w{i}" for i in range(40)], RNG.normal(size=(40, 6)))
# (man or woman, royal or not).
FAMILY = Vectors(
    ["man", "woman", "king", "queen", "apple"],
    [[2, 0.1], [0.1, 2], [3, 1.2], [1.2, 3], [-1, -1]],
)


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_neighbours_by_their_cosine():
    expected = sorted(
        ((cosine(MANY["w7"], MANY[w]), w) for w in MANY.words if w != "w7"),
        reverse=True,
    )[:5]
    actual = neighbours(MANY, "w7", 5)
    assert [word for word, _ in actual] == [word for _, word in expected]
    assert [x for _, x in actual] == pytest.approx([x for x, _ in expected])


def test_neighbours_of_a_vector():
    ((word, value),) = neighbours(MANY, 3 * MANY["w7"], 1)
    assert (word, value) == ("w7", pytest.approx(1))


def test_no_more_neighbours_than_words():
    assert len(neighbours(FAMILY, "man", 100)) == 4
    assert neighbours(Vectors(["a"], [[1.0]]), "a") == []


def test_an_analogy_by_hand():
    for method in ("add", "multiply"):
        actual = analogy(FAMILY, "man", "king", "woman", 1, method)
        assert actual[0][0] == "queen"


def test_analogies_by_their_formulas():
    a, b, c = (MANY[w] for w in ("w1", "w2", "w3"))
    others = [w for w in MANY.words if w not in ("w1", "w2", "w3")]
    add, multiply = {}, {}
    for word in others:
        x = MANY[word]
        near = [cosine(x, y) for y in (a, b, c)]
        add[word] = near[1] - near[0] + near[2]
        near = [(1 + y) / 2 for y in near]
        multiply[word] = near[1] * near[2] / (near[0] + 0.001)
    for method, expected in {"add": add, "multiply": multiply}.items():
        actual = analogy(MANY, "w1", "w2", "w3", len(others), method)
        assert [w for w, _ in actual] == sorted(others, key=expected.get)[::-1]
        assert dict(actual) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_invalid_arguments():
    with pytest.raises(ValueError, match="Did you mean 'queen'"):
        neighbours(FAMILY, "quen")
    with pytest.raises(ValueError, match=r"Received: shape \(3,\)"):
        neighbours(FAMILY, np.ones(3))
    with pytest.raises(ValueError, match="Received: method='divide'"):
        analogy(FAMILY, "man", "king", "woman", method="divide")
