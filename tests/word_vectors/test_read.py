import gzip
import io
import struct
import tracemalloc

import numpy as np
import pytest

from mmkeras.files import sizes
from mmkeras.word_vectors import binary
from mmkeras.word_vectors import read

GLOVE = "the 0.5 -1.25 2\ndog 1e-3 0 7.5\n"
WORD2VEC = "2 3\n" + GLOVE
ARRAY = [[0.5, -1.25, 2], [0.001, 0, 7.5]]


def packed(*numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


BINARY = b"2 3\nthe " + packed(*ARRAY[0]) + b"dog " + packed(*ARRAY[1])


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


FORMATS = {
    "glove": GLOVE.encode(),
    "word2vec": WORD2VEC.encode(),
    # The authors' program ends lines by a space, and rows by a line break.
    "word2vec-c": WORD2VEC.replace("\n", " \n").replace("3 ", "3", 1).encode(),
    "windows": WORD2VEC.replace("\n", "\r\n").encode(),
    "binary": BINARY,
    "binary-c": BINARY.replace(b"dog", b"\ndog") + b"\n",
    "npz": npz(words=np.array(["the", "dog"]), vectors=np.array(ARRAY)),
}


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_format_is_detected_by_its_content(tmp_path, name, pack):
    vectors = read(write(tmp_path / "vectors", pack(FORMATS[name])))
    assert vectors.words == ["the", "dog"]
    assert vectors.array.dtype == "float32"
    np.testing.assert_array_equal(vectors.array, np.float32(ARRAY))


@pytest.mark.parametrize("name", FORMATS)
def test_only_wanted_words_are_read(tmp_path, name):
    path = write(tmp_path / "vectors", FORMATS[name])
    vectors = read(path, wanted=["dog", "cat"])
    assert vectors.words == ["dog"]
    np.testing.assert_array_equal(vectors["dog"], np.float32(ARRAY[1]))
    empty = read(path, wanted=["cat"])
    assert (len(empty), empty.dim) == (0, 3)


def test_other_spellings_of_wanted_words_are_read(tmp_path):
    path = write(tmp_path / "v", "Rome 1 2\ndog 3 4\n<unk> 5 6\nus 7 8\n")
    vectors = read(path, wanted=["rome", "Dog", "<unknown>"])
    assert vectors.words == ["Rome", "dog", "<unk>"]


def test_words_with_spaces(tmp_path):
    # Lines as in glove.840B.
    text = ", 0.1 0.2\n. . . 0.3 0.4\nat name@domain.com 0.5 0.6\n"
    vectors = read(write(tmp_path / "v", text))
    assert vectors.words == [",", ". . .", "at name@domain.com"]
    assert vectors["at name@domain.com"].tolist() == pytest.approx([0.5, 0.6])


def test_a_first_word_with_spaces(tmp_path):
    vectors = read(write(tmp_path / "v", ". . . 0.3 0.4\n5 0.1 0.2\n"))
    assert vectors.words == [". . .", "5"]


def test_a_first_word_that_is_a_number(tmp_path):
    vectors = read(write(tmp_path / "v", "1990 0.3 0.4\ndog 0.1 0.2\n"))
    assert vectors.words == ["1990", "dog"]


def test_unicode(tmp_path):
    # U+00A0, U+0085 and U+2028 are spaces or line breaks to Python's strings.
    words = ["né", "犬", "\u00a0", "a\u0085b", "\u2028", "🐕"]
    text = "".join(f"{word} 1 {i}\n" for i, word in enumerate(words))
    vectors = read(write(tmp_path / "v", text))
    assert vectors.words == words
    assert vectors.array[:, 1].tolist() == list(range(6))


def row(word, *numbers, end=b""):
    return word + b" " + packed(*numbers) + end


@pytest.mark.parametrize("place", [1, 2])
def test_a_binary_word_with_spaces_between_line_breaks(tmp_path, place):
    words = [b"the", b"cat", b"dog"]
    words[place] = b"New York City"
    data = b"3 2\n" + b"".join(
        row(word, i, 0.5, end=b"\n") for i, word in enumerate(words)
    )
    vectors = read(write(tmp_path / "v", data))
    assert vectors.words == [word.decode() for word in words]
    assert vectors.array.tolist() == [[0, 0.5], [1, 0.5], [2, 0.5]]
    assert read(write(tmp_path / "v", data[:-1])).words == vectors.words


@pytest.mark.parametrize("word", [b"New York", b"a\0b", b"a\nb", b"a\x1fb"])
@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("place", [0, 1])
def test_an_ambiguous_binary_word_is_refused(tmp_path, word, end, place):
    words = [b"the", b"cat", b"dog"]
    words[place] = word
    rows = [row(word, 0.1 + i, -0.5, end=end) for i, word in enumerate(words)]
    path = write(tmp_path / "v", b"3 2\n" + b"".join(rows))
    if place and end and b" " in word:
        assert read(path).words[1] == "New York"
        return
    with pytest.raises(ValueError, match=r"v, row [123]: expected a word"):
        read(path)


@pytest.mark.parametrize("number", [4.110545e16, 1.4013e-45, 2.5])
def test_binary_numbers_that_look_like_text(tmp_path, number):
    data = b"1 4\n" + row(b"0", *[number] * 4)
    vectors = read(write(tmp_path / "v", data))
    assert vectors.words == ["0"]
    np.testing.assert_array_equal(vectors["0"], np.float32([number] * 4))


def test_text_that_could_be_binary(tmp_path):
    vectors = read(write(tmp_path / "v", "1 4\n0 100 200 300 4000"))
    assert vectors["0"].tolist() == [100, 200, 300, 4000]


@pytest.mark.parametrize("name", ["glove", "word2vec", "binary"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_byte_order_mark_is_not_part_of_a_word(tmp_path, name, pack):
    data = pack(b"\xef\xbb\xbf" + FORMATS[name])
    vectors = read(write(tmp_path / "v", data))
    assert vectors.words == ["the", "dog"]
    np.testing.assert_array_equal(vectors.array, np.float32(ARRAY))


def test_words_in_bytes(tmp_path):
    words = np.array(["né".encode(), b"dog"])
    data = npz(words=words, vectors=np.array(ARRAY))
    vectors = read(write(tmp_path / "v", data))
    assert vectors.words == ["né", "dog"]
    assert read(tmp_path / "v", wanted=["dog"]).words == ["dog"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["float16", "float64", ">f4", "int8"])
def test_arrays_of_every_kind(tmp_path, kind, order):
    array = np.array([[1, 2, 3], [4, 5, 6]], kind, order=order)
    data = npz(words=np.array(["the", "dog"]), vectors=array)
    assert read(write(tmp_path / "v", data)).array.tolist() == array.tolist()


@pytest.mark.parametrize(
    "words, vectors",
    [
        (np.arange(2), np.zeros((2, 2))),
        (np.array(["a", "b"]), np.array([["1", "2"], ["3", "4"]])),
        (np.array(["a", "b"]), np.zeros((2, 2), complex)),
        (np.array(["a", "b"]), np.zeros((2, 2), bool)),
    ],
)
def test_arrays_of_other_kinds_are_refused(tmp_path, words, vectors):
    path = write(tmp_path / "v", npz(words=words, vectors=vectors))
    with pytest.raises(ValueError, match="v is not an .npz file of the arrays"):
        read(path)


def with_header_shape(data, shape):
    """Replaces the shape in the header of an `.npz` of vectors."""
    old = b"'shape': (2, 3), }" + b" " * 30
    header = f"'shape': {shape}, }}".encode()
    assert old in data
    return data.replace(old, header.ljust(len(old)))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "data",
    [
        b"1 1000000000000\ndog " + packed(1, 2),
        b"1000000000000 1000000000000\ndog " + packed(1, 2),
        b"1000000000000 2\ndog " + packed(1, 2),
        b"1000000000000 2\ndog 1 2\n",
        b"1 1000000000000\ndog 1 2\n",
        b"1" * 5000 + b" " + b"9" * 5000 + b"\ndog 1 2\n",
        with_header_shape(FORMATS["npz"], (2, 10**13)),
        with_header_shape(FORMATS["npz"], (10**13, 3)),
    ],
)
def test_sizes_in_a_header_are_not_trusted(tmp_path, data, pack):
    path = write(tmp_path / "v", pack(data))
    tracemalloc.start()
    with pytest.raises(ValueError, match="/v"):
        read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e7


def zeros(kind):
    """Returns a small file that decompresses to 64 MiB."""
    file, block = io.BytesIO(), bytes(1 << 20)
    if kind == "npz":
        array = np.zeros((1 << 12, 1 << 12), "float32")
        words = np.arange(1 << 12).astype(str)
        np.savez_compressed(file, words=words, vectors=array)
        return file.getvalue()
    start = {"line": b"dog 1 2 ", "word": b"2 3\n", "row": b"2 16777216\na "}
    with gzip.open(file, "w", 1) as packing:
        packing.write(start[kind])
        for _ in range(64):
            packing.write(block)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["line", "word", "row", "npz"])
def test_decompression_bombs_are_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(sizes, "_MIN_LIMIT", 1 << 22)
    path = write(tmp_path / "v", zeros(kind))
    tracemalloc.start()
    with pytest.raises(ValueError, match="/v"):
        read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e7


def test_bytes_that_are_not_unicode(tmp_path):
    vectors = read(write(tmp_path / "v", b"dog 1 2\n\xff\xfe 3 4\n"))
    assert vectors.words == ["dog", "\ufffd\ufffd"]


def test_the_first_vector_of_a_repeated_word_counts(tmp_path):
    text = write(tmp_path / "t", "dog 1 2\ncat 3 4\ndog 5 6\n")
    data = b"3 1\ndog " + packed(1) + b"cat " + packed(3) + b"dog " + packed(5)
    for path in (text, write(tmp_path / "b", data)):
        vectors = read(path)
        assert vectors.words == ["dog", "cat"]
        assert vectors["dog"][0] == 1


def test_limit_reads_no_further(tmp_path):
    path = write(tmp_path / "v", "dog 1 2\ncat 3 4\nbird 5\n")
    assert read(path, limit=2).words == ["dog", "cat"]
    truncated = write(tmp_path / "b", BINARY[:-4])
    assert read(truncated, limit=1).words == ["the"]


class LoggingFile(io.BytesIO):
    sizes = ()

    def read(self, size=-1):
        self.sizes = [*self.sizes, size]
        return super().read(size)


@pytest.mark.parametrize("block", [1, 5, 64, 4096])
def test_binary_is_read_in_blocks(block):
    words = [f"word{i}".encode() * (1 + i % 9) for i in range(50)]
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype("<f4")
    data = b"".join(w + b" " + row.tobytes() for w, row in zip(words, rows))
    file = LoggingFile(data)
    pairs = list(binary.rows(file, "v", 50, 3, lambda w: True, block))
    assert [word for word, _ in pairs] == words
    np.testing.assert_array_equal([row for _, row in pairs], rows)
    assert max(file.sizes) == max(block, 12)
    selection = list(
        binary.rows(io.BytesIO(data), "v", 50, 3, words[7:9].__contains__)
    )
    assert [row is not None for _, row in selection] == [
        word in words[7:9] for word in words
    ]


@pytest.mark.parametrize(
    "data, error",
    [
        ("dog 1 2\ncat 3\n", r"v:2 must be a word and 2 numbers.*truncated"),
        ("2 2\ndog 1 2\ncat 3\n", r"v:3 must be a word and 2 numbers"),
        ("2 2\ndog 1 x\ncat 3 4\n", r"v:2 must be a word and 2 numbers"),
        ("dog 1 2 3\ncat 4 5 6 bird 7 8 9\n", r"v:2 must be a word and 3"),
        ("dog 1 2\ncat 3  4\n", r"v:2 must be .*single spaces"),
        ("3 2\ndog 1 2\ncat 3 4\n", r"the 3 words its header .*Received: 2"),
        ("1 2\ndog 1 2\ncat 3 4\n", r"the 1 words its header .*Received: more"),
        ("dog 1 2\ncat nan 4\n", r"'cat' must have finite numbers"),
        ("dog 1 2\ncat 1e99 4\n", r"'cat' must have finite numbers"),
        ("0 300\n", r"no vectors: its header declares 0 words"),
        ("", r"not a file of word vectors.*Received: ''"),
        ("<!DOCTYPE html>\n<p>404\n", r"not a file of word .*<!DOCTYPE html>"),
        ("dog\t1\t2\n", r"not a file of word vectors.*single spaces"),
        (
            BINARY[:-4],
            r"v, row 2: .*the end of the file.* 1 of 2 rows are miss",
        ),
        (BINARY[:-16], r"row 2: .*after 0 bytes.*download it again"),
        (BINARY[:4], r"row 1: .*2 of 2 rows are missing.*truncated"),
        (BINARY + b"more", r"has data after the 2 rows its header declares"),
        (b"2 1\n" + b"x" * 9000, r"row 1: expected a word that ends with a sp"),
        (
            gzip.compress(FORMATS["glove"], mtime=0)[:-9],
            r"v has truncated or damaged gzip data",
        ),
        (gzip.compress(BINARY, mtime=0)[:20], r"v has truncated or damaged"),
        (FORMATS["npz"][:-9], r"v is not an .npz file of the arrays"),
        (npz(words=np.array(["a"])), r"v is not an .npz file of the.*vectors"),
        (
            npz(words=np.array(["a"], object), vectors=np.zeros((1, 2))),
            r"v is not an .npz file of the arrays .*not objects",
        ),
        (
            npz(words=np.array(["a"]), vectors=np.zeros((2, 2))),
            r"one row for each of `words`. Received: words \(1,\)",
        ),
    ],
)
def test_errors_name_the_problem(tmp_path, data, error):
    with pytest.raises(ValueError, match=f"(?s){error}"):
        read(write(tmp_path / "v", data))


def test_unwanted_lines_are_checked_as_well(tmp_path):
    path = write(tmp_path / "v", "dog 1 2\ncat 3\nbird 4 5\n")
    with pytest.raises(ValueError, match="v:2 "):
        read(path, wanted=["bird"])


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.txt"):
        read(tmp_path / "nothing.txt")


@pytest.mark.realdata
def test_google_news(data_folder):
    name = "word2vec_googlenews_1000words_300d_fp16.npz"
    vectors = read(data_folder / "pretrained" / name)
    assert vectors.array.shape == (1000, 300)
    np.testing.assert_allclose(
        np.linalg.norm(vectors.array, axis=1), 1, atol=2e-3
    )
