import gzip

import pytest

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors import sentences


def test_words_by_falling_count_then_alphabetical():
    corpus = Corpus.read(["b a c", "", ["a", "b"], "a d"], minimum=1)
    assert corpus.words == ["a", "b", "c", "d"]
    assert corpus.counts.tolist() == [3, 2, 1, 1]
    assert corpus.counts_by_word == {"a": 3, "b": 2, "c": 1, "d": 1}
    assert corpus.tokens.tolist() == [1, 0, 2, 0, 1, 0, 3]
    assert corpus.sentence.tolist() == [0, 0, 0, 2, 2, 3, 3]


def test_rare_words_are_removed():
    corpus = Corpus.read(["a x b", "b a y"], minimum=2)
    assert corpus.words == ["a", "b"]
    assert corpus.tokens.tolist() == [0, 1, 1, 0]
    assert corpus.sentence.tolist() == [0, 0, 1, 1]


def test_the_commonest_words():
    corpus = Corpus.read(["a a a b b c"], minimum=1, size=2)
    assert corpus.words == ["a", "b"]
    assert len(corpus.tokens) == 5


def test_a_generator_is_read_once():
    corpus = Corpus.read((line for line in ["a b", "a"]), minimum=1)
    assert corpus.counts.tolist() == [2, 1]


@pytest.mark.parametrize("source", [[], ["", ""], ["a b c"]])
def test_no_word_is_common_enough(source):
    with pytest.raises(ValueError, match="No word occurs at least 2 times"):
        Corpus.read(source, minimum=2)


def test_a_string_is_not_a_corpus():
    with pytest.raises(ValueError, match="use `mmkeras.word_vectors.sentences"):
        Corpus.read("corpus.txt")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_sentences_of_a_file(tmp_path, pack):
    path = tmp_path / "corpus"
    path.write_bytes(pack("Ein Hund.\r\n\nné 犬".encode()))
    assert list(sentences(path)) == ["Ein Hund.", "", "né 犬"]


def test_a_line_that_is_not_unicode(tmp_path):
    path = tmp_path / "corpus"
    path.write_bytes(b"dog\ncaf\xe9\n")
    with pytest.raises(ValueError, match="corpus:2 is not valid UTF-8"):
        list(sentences(path))


def test_a_byte_order_mark_is_not_part_of_the_first_word(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfthe dog\nthe cat\n")
    assert list(sentences(path)) == ["the dog", "the cat"]
