"""Word vectors from the command line, of a corpus of three classes."""

import pytest
import word_classes
from typer.testing import CliRunner

from mmkeras import word_vectors
from mmkeras.cli import app


def call(*arguments):
    return CliRunner().invoke(app, ["words", *map(str, arguments)])


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "corpus.txt"
    lines = (f"{s.capitalize()}.\n" for s in word_classes.sentences())
    path.write_text("".join(lines))
    return path


@pytest.mark.parametrize("method, epochs", [("skip-gram", 10), ("glove", 30)])
def test_train_then_ask(text, method, epochs, tmp_path):
    out = tmp_path / "vectors.bin.gz"
    small = ["--dim", 8, "--window", 2, "--batch-size", 64, "--minimum", 1]
    rate = ["--learning-rate", 0.02] * (method == "skip-gram")
    result = call(
        *["train", text, "--out", out, "--method", method, *small, *rate],
        *["--epochs", epochs],
    )
    assert result.exit_code == 0, result.output
    assert "27 distinct words, 1,800 in total." in result.output
    assert f"epoch {epochs}/{epochs}" in result.output
    vectors = word_vectors.read(out)
    assert (len(vectors), vectors.dim) == (27, 8)
    near = call("neighbours", out, "dog", "--count", 3)
    assert near.exit_code == 0, near.output
    neighbours = [line.split()[0] for line in near.output.splitlines()[1:]]
    assert neighbours == [
        word for word, _ in word_vectors.neighbours(vectors, "dog", 3)
    ]


@pytest.fixture
def file(tmp_path):
    vectors = word_vectors.Vectors(
        ["man", "woman", "king", "queen", "The"],
        [[2, 0.1], [0.1, 2], [3, 1.2], [1.2, 3], [-1, -1]],
    )
    word_vectors.write(tmp_path / "v.txt", vectors)
    return tmp_path / "v.txt"


def test_cover(file, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("The man, the dog.\nA man!\n")
    result = call("coverage", file, text)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["words", "2", "4", "50.0%"] in lines
    assert ["words", "in", "total", "4", "6", "66.7%"] in lines
    assert "Found 1 as they are, 1 capitalised." in result.output
    assert lines[-2:] == [["a", "1"], ["dog", "1"]]
    result = call("coverage", file, text, "--no-tokenize", "--minimum", 1)
    lines = [line.split() for line in result.output.splitlines()]
    assert ["words", "2", "6", "33.3%"] in lines
    assert ["man,", "1"] in lines


def test_analogy(file, tmp_path):
    result = call("analogy", file, "man", "king", "woman", "--count", 1)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[1].startswith("queen")
    questions = tmp_path / "questions.txt"
    questions.write_text(": family\nman king woman queen\nman a woman b\n")
    result = call(
        *["analogy", file, "--questions", questions, "--method", "multiply"]
    )
    assert result.exit_code == 0, result.output
    last = result.output.splitlines()[-1].split()
    assert last == ["total", "1", "1", "100.0%", "2"]


def test_similarity(file, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("man\tking\t9\nman\twoman\t5\nman\tthe\t1\nman\tx\t0\n")
    result = call("similarity", file, pairs)
    assert result.exit_code == 0, result.output
    assert "1.000" in result.output
    assert "3 of 4" in result.output


@pytest.mark.parametrize(
    "arguments, error",
    [
        (["neighbours", "qeen"], "Did you mean 'queen'?"),
        (["analogy", "man", "king"], "Expected three words, or a file"),
        (["analogy", "man", "king", "x"], "'x' is not among the 5 words"),
    ],
)
def test_what_is_wrong_is_one_line(file, arguments, error):
    verb, *rest = arguments
    result = call(verb, file, *rest)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert error in result.output


def test_no_such_file():
    result = call("neighbours", "nothing.txt", "dog")
    assert result.exit_code == 1
    assert "nothing.txt: No such file" in result.output
