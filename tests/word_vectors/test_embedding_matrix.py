import numpy as np
import pytest
from checks import numpy

from mmkeras.branches import text
from mmkeras.data.codecs import Text
from mmkeras.word_vectors import Vectors
from mmkeras.word_vectors import embedding_matrix

RNG = np.random.default_rng(1)
VECTORS = Vectors(
    ["dog", "Rome", "cat"], RNG.normal(0, 0.3, (3, 400)).astype("float32")
)


def test_rows_are_those_of_the_codec():
    codec = Text(["rome", "dog", "xyz"])
    matrix = embedding_matrix(VECTORS, codec)
    assert matrix.shape == (len(codec), 400)
    assert matrix.dtype == "float32"
    for token, word in {"rome": "Rome", "dog": "dog"}.items():
        row = matrix[codec.vocabulary.index(token)]
        np.testing.assert_array_equal(row, VECTORS[word])
    assert not matrix[0].any()


def test_random_vectors_have_the_scale_of_the_pretrained():
    matrix = embedding_matrix(VECTORS, ["", "dog", *map(str, range(100))])
    random = matrix[2:]
    scale = np.sqrt(np.mean(VECTORS["dog"] ** 2))
    assert random.std() == pytest.approx(scale, rel=0.02)
    assert np.abs(random).max() <= np.sqrt(3) * scale
    assert len(np.unique(random)) > 0.99 * random.size


def test_the_seed_decides():
    tokens = ["", "dog", "x", "y"]
    same = embedding_matrix(VECTORS, tokens, 3)
    np.testing.assert_array_equal(embedding_matrix(VECTORS, tokens, 3), same)
    other = embedding_matrix(VECTORS, tokens, 4)
    assert (other[2:] != same[2:]).all()
    np.testing.assert_array_equal(other[:2], same[:2])


def test_other_words_change_only_the_scale():
    one, two = (
        embedding_matrix(VECTORS, ["", "dog", word, "x"])[3]
        for word in ("cat", "y")
    )
    np.testing.assert_allclose(one / one[0], two / two[0], rtol=1e-4, atol=1e-6)


def test_the_unknown_word_is_glove_s():
    vectors = Vectors(["dog", "<unk>"], [[1, 2], [3, 4]])
    codec = Text(["dog"])
    matrix = embedding_matrix(vectors, codec)
    assert matrix[codec.vocabulary.index("<unknown>")].tolist() == [3, 4]


def test_a_branch_takes_it():
    codec = Text(["dog", "cat"])
    matrix = embedding_matrix(VECTORS, codec)
    branch = text.bow(len(codec), vectors=matrix)
    ids = np.array([[codec.vocabulary.index("cat"), 0]])
    (bag,) = numpy(branch(ids))
    np.testing.assert_allclose(bag, VECTORS["cat"][None], rtol=1e-5, atol=1e-6)


def test_a_word_at_the_id_of_padding():
    with pytest.raises(ValueError, match="begins with the word 'dog'. Put ''"):
        embedding_matrix(VECTORS, ["dog", "cat"])


@pytest.mark.parametrize("tokens", [[], ["", "hund", "katze"]])
def test_no_word_has_a_vector(tokens):
    with pytest.raises(ValueError, match="None of the . tokens"):
        embedding_matrix(VECTORS, tokens)
