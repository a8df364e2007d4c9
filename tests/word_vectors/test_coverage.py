import re

import pytest

from mmkeras.word_vectors import Corpus
from mmkeras.word_vectors import Vectors
from mmkeras.word_vectors import coverage
from mmkeras.word_vectors import neighbours
from mmkeras.word_vectors import read
from mmkeras.word_vectors import sentences

VECTORS = Vectors(["dog", "Rome", "cat"], [[1], [2], [3]])
COUNTS = {"dog": 5, "Cat": 2, "rome": 3, "xyz": 4, "abc": 4, "once": 1}


def test_counts_by_hand():
    report = coverage(VECTORS, COUNTS)
    assert (report.words, report.words_found) == (6, 3)
    assert (report.tokens, report.tokens_found) == (19, 10)
    assert report.share_of_words == 3 / 6
    assert report.share_of_tokens == 10 / 19
    assert report.missing == [("abc", 4), ("xyz", 4), ("once", 1)]
    assert list(report.spelled.items()) == [
        ("as they are", 1),
        ("in lower case", 1),
        ("capitalised", 1),
        ("by another name", 0),
    ]


def test_rare_words_are_left_out():
    report = coverage(VECTORS, COUNTS, minimum=4)
    assert (report.words, report.words_found) == (3, 1)
    assert (report.tokens, report.tokens_found) == (13, 5)


def test_no_words():
    with pytest.raises(ValueError, match="at least minimum=6 times"):
        coverage(VECTORS, COUNTS, minimum=6)


@pytest.mark.realdata
def test_google_news_on_flickr8k(data_folder):
    name = "word2vec_googlenews_1000words_300d_fp16.npz"
    vectors = read(data_folder / "pretrained" / name)
    folder = data_folder / "flickr8k" / "Flickr8k_text"
    captions = sentences(folder / "Flickr8k.token.txt")
    words = [
        re.findall("[a-z]+", caption.split("\t")[1].lower())
        for caption in captions
    ]
    counts = Corpus.read(words, minimum=1).counts_by_word
    # As those who made the file of vectors counted.
    report = coverage(vectors, counts, minimum=5)
    assert (report.words, report.words_found) == (2971, 503)
    assert coverage(vectors, counts).share_of_tokens == pytest.approx(
        0.71, abs=5e-3
    )
    assert neighbours(vectors, "man", 1)[0][0] == "woman"
