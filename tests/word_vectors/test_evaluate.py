import numpy as np
import pytest

from mmkeras.word_vectors import Vectors
from mmkeras.word_vectors import analogy
from mmkeras.word_vectors import evaluate
from mmkeras.word_vectors import read_analogies
from mmkeras.word_vectors import read_similarities
from mmkeras.word_vectors import score_analogies
from mmkeras.word_vectors import score_similarities

FAMILY = Vectors(
    ["man", "woman", "king", "queen", "Rome", "zero"],
    [[2, 0.1], [0.1, 2], [3, 1.2], [1.2, 3], [-1, -1], [1, 1]],
)
QUESTIONS = """: family
man king woman queen
woman queen man king
man king woman unheard

: odd ones
king queen man Rome
"""
PAIRS = """Word 1\tWord 2\tHuman (mean)
man\tking\t9
Man\twoman\t4.5
rome\tman\t0
man\tcar\t2
"""


def write(path, text):
    path.write_text(text, "utf-8")
    return path


def test_read_analogies(tmp_path):
    sections = read_analogies(write(tmp_path / "q", QUESTIONS))
    assert list(sections) == ["family", "odd ones"]
    assert sections["family"][1] == ["woman", "queen", "man", "king"]


def test_score_analogies(tmp_path, monkeypatch):
    sections = read_analogies(write(tmp_path / "q", QUESTIONS))
    expected = {
        "family": {"questions": 3, "with_vectors": 2, "correct": 2},
        "odd ones": {"questions": 1, "with_vectors": 1, "correct": 0},
        "total": {"questions": 4, "with_vectors": 3, "correct": 2},
    }
    assert score_analogies(FAMILY, sections) == expected
    monkeypatch.setattr(evaluate, "_BATCH", 1)
    assert score_analogies(FAMILY, sections, "multiply") == expected


def test_correct_answers_are_those_of_analogy():
    rng = np.random.default_rng(0)
    vectors = Vectors([f"w{i}" for i in range(12)], rng.normal(size=(12, 3)))
    questions = [[f"w{i}" for i in rng.permutation(12)[:4]] for _ in range(200)]
    for method in ("add", "multiply"):
        answers = [analogy(vectors, *q[:3], 1, method)[0][0] for q in questions]
        correct = sum(answer == q[3] for answer, q in zip(answers, questions))
        scores = score_analogies(vectors, {"": questions}, method)
        assert scores["total"]["correct"] == correct > 0


def test_similarities(tmp_path):
    pairs = read_similarities(write(tmp_path / "p", PAIRS))
    assert pairs[1] == ("Man", "woman", 4.5)
    scores = score_similarities(FAMILY, pairs)
    assert scores == {
        "pairs": 4,
        "with_vectors": 3,
        "spearman": pytest.approx(1),
    }


def test_no_correlation_without_vectors():
    scores = score_similarities(FAMILY, [("a", "b", 1.0)])
    assert scores["with_vectors"] == 0
    assert np.isnan(scores["spearman"])


def test_spearman_by_hand():
    # Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4.
    assert evaluate.spearman([1, 2, 2, 9], [0, 7, 3, 8]) == pytest.approx(
        4.5 / np.sqrt(4.5 * 5)
    )
    assert evaluate.spearman([1, 2, 3], [5, 4, 0]) == pytest.approx(-1)


def test_spearman_equals_scipy_s():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 9, (2, 50))
    expected = stats.spearmanr(x, y).statistic
    assert evaluate.spearman(x, y) == pytest.approx(expected)


@pytest.mark.parametrize(
    "reader, text, error",
    [
        (read_analogies, ": a\nb c d\n", "f:2 must be four words"),
        (read_analogies, ": a\n", "at least one line to evaluate in .*f"),
        (read_similarities, "# a\na\tb\t1\na\tb\n", "f:3 must be two words"),
        (read_similarities, "a\tb\t1\nc\td\tx\n", "f:2 must be two words"),
        (read_similarities, "a b 1\n", "f:1 must be two .*separated by tabs"),
        (read_similarities, "Word 1\tWord 2\tMean\n", "one line to eval.*/f"),
    ],
)
def test_errors_name_the_line(tmp_path, reader, text, error):
    with pytest.raises(ValueError, match=error):
        reader(write(tmp_path / "f", text))
