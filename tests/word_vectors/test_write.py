import errno
import gzip
import struct

import numpy as np
import pytest
from corpora import relaxed
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmkeras.word_vectors import Vectors
from mmkeras.word_vectors import read
from mmkeras.word_vectors import write
from mmkeras.word_vectors.write import KINDS

VECTORS = Vectors(["né", "犬"], [[0.5, -1.25], [0.1, 3e-8]])
ENDINGS = {"word2vec": "txt", "word2vec-binary": "bin", "npz": "npz"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_round_trip(tmp_path, kind, ending):
    path = tmp_path / f"vectors{ending}"
    write(path, VECTORS, kind)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == bool(ending)
    vectors = read(path)
    assert vectors.words == VECTORS.words
    np.testing.assert_array_equal(vectors.array, VECTORS.array)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


letters = st.characters(exclude_categories=["Cs", "Zs", "Cc"])
several = st.lists(st.text(letters, min_size=1), min_size=1, unique=True)


@relaxed
@given(several, st.sampled_from(KINDS), st.data())
def test_all_words_and_numbers_are_restored(
    tmp_path_factory, words, kind, data
):
    floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
    array = data.draw(arrays("float32", (len(words), 4), elements=floats))
    path = tmp_path_factory.mktemp("words") / "vectors"
    write(path, Vectors(words, array), kind)
    vectors = read(path)
    assert vectors.words == words
    np.testing.assert_array_equal(vectors.array, array)


@pytest.mark.parametrize("kind", ["glove", "npz"])
def test_words_with_spaces(tmp_path, kind):
    vectors = Vectors([". . .", "New York"], [[1, 2], [3, 4]])
    write(tmp_path / "v", vectors, kind)
    assert read(tmp_path / "v").words == vectors.words


def test_the_text_is_word2vec_s(tmp_path):
    write(tmp_path / "v.txt", VECTORS)
    expected = "2 2\nné 0.5 -1.25\n犬 0.1 3e-08\n"
    assert (tmp_path / "v.txt").read_text("utf-8") == expected


def test_the_bytes_are_word2vec_s(tmp_path):
    write(tmp_path / "v.bin", VECTORS)
    assert (tmp_path / "v.bin").read_bytes() == (
        b"2 2\n"
        + ("né ".encode() + struct.pack("<2f", 0.5, -1.25) + b"\n")
        + ("犬 ".encode() + struct.pack("<2f", 0.1, 3e-8) + b"\n")
    )


@pytest.mark.parametrize("kind", ENDINGS)
def test_the_kind_follows_from_the_name(tmp_path, kind):
    for name in (f"a.{ENDINGS[kind]}", f"b.{ENDINGS[kind]}.gz"):
        write(tmp_path / name, VECTORS)
        write(tmp_path / "same", VECTORS, kind)
        data = (tmp_path / name).read_bytes()
        data = gzip.decompress(data) if name.endswith(".gz") else data
        assert data == (tmp_path / "same").read_bytes()


@pytest.mark.parametrize(
    "word, kind",
    [
        ("New York", "word2vec"),
        ("New York", "word2vec-binary"),
        ("", "word2vec"),
        ("a\nb", "glove"),
        ("5 1990", "glove"),
    ],
)
def test_words_that_cannot_be_restored_are_refused(tmp_path, word, kind):
    with pytest.raises(ValueError, match="cannot store .*or write 'npz'"):
        write(tmp_path / "v", Vectors([word, "dog"], np.eye(2)), kind)
    assert not list(tmp_path.iterdir())


def test_unknown_kind(tmp_path):
    with pytest.raises(ValueError, match="Received: kind='fasttext'"):
        write(tmp_path / "v", VECTORS, "fasttext")


def test_no_words(tmp_path):
    with pytest.raises(ValueError, match="vectors of no word"):
        write(tmp_path / "v", Vectors([], np.zeros((0, 3))))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write(tmp_path / "v", VECTORS)
    old = (tmp_path / "v").read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="v could not be written .*No space"):
        write(tmp_path / "v", Vectors(["cat"], [[1, 2]]))
    assert (tmp_path / "v").read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["v"]
