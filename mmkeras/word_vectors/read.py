"""Reads word vectors from files in the common formats."""

import io
import itertools
import os

import numpy as np

from mmkeras.files import npz
from mmkeras.word_vectors import binary
from mmkeras.word_vectors import streams
from mmkeras.word_vectors import text
from mmkeras.word_vectors.vectors import Vectors
from mmkeras.word_vectors.vectors import spellings

_ZIP = b"PK\x03\x04"
_MARK = b"\xef\xbb\xbf"  # Byte order mark at the start of some UTF-8 files.


def read(path, wanted=None, limit=None):
    """Reads word vectors; their format is detected from the content.

    The formats are word2vec's text and binary, GloVe's text, and an `.npz` of
    `words` and `vectors`; each may be compressed by gzip. If a word occurs
    twice, its first vector is used.

    Text and binary files are streamed, so that with `wanted` only the wanted
    words are in memory.

    Args:
        path: The file.
        wanted: Iterable of words to keep, in any of their
            `mmkeras.word_vectors.spellings`; `None` for all.
        limit: int or `None`. Number of rows to read from the beginning, where
            most files have the commonest words.

    Returns:
        A `mmkeras.word_vectors.Vectors`.

    Raises:
        ValueError: If the file has none of these formats, or is malformed or
            truncated; the error names the line or row.
        OSError: If the file cannot be read.

    Example:

    >>> vectors = read("glove.6B.300d.txt", wanted=codec.vocabulary)

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546);
        [Pennington et al., 2014](https://aclanthology.org/D14-1162)
    """
    selection = _Selection(wanted, path)
    with streams.reading(path) as file:
        dim, rows = _open(file, path, selection.is_wanted)
        for word, numbers in itertools.islice(rows, limit):
            if numbers is not None:
                selection.add(word, numbers)
            if selection.complete:
                break
    return selection.vectors(dim)


class _Selection:
    """The wanted words and their vectors."""

    def __init__(self, wanted, path):
        self.path = path
        self.rows = {}
        self.wanted = None
        if wanted is not None:
            forms = {form for word in wanted for form in spellings(word)}
            self.wanted = {form.encode("utf-8", "replace") for form in forms}

    @property
    def complete(self):
        return self.wanted is not None and len(self.rows) == len(self.wanted)

    def is_wanted(self, word):
        wanted = self.wanted is None or word in self.wanted
        return wanted and word not in self.rows

    def add(self, word, numbers):
        with np.errstate(over="ignore"):
            vector = np.array(numbers, "float32")
        if not np.isfinite(vector).all():
            raise ValueError(
                f"{self.path}: the vector of {_decode(word)!r} must have "
                "finite numbers. Received: NaN or infinite values. The file "
                "is damaged: download it again."
            )
        self.rows[word] = vector

    def vectors(self, dim):
        vectors = {}
        for word, vector in self.rows.items():
            vectors.setdefault(_decode(word), vector)
        array = np.array(list(vectors.values()), "float32")
        return Vectors(vectors, array.reshape(-1, dim))


def _decode(word):
    return word.decode("utf-8", "replace")


def _open(file, path, is_wanted):
    """Returns the size of a file's vectors, and an iterator of its rows."""
    start = file.read(len(_ZIP))
    file.seek(0)
    if start == _ZIP:
        return _arrays(file, path, is_wanted)
    begin = len(_MARK) if start.startswith(_MARK) else 0
    file.seek(begin)
    first = file.readline(text.LONGEST_LINE)
    head = text.header(first)
    if head is None:
        dim = text.columns(first)
        if not dim:
            raise _unknown_format(path, first)
        file.seek(begin)
        return dim, text.rows(file, path, dim, 1, is_wanted)
    count, dim = head
    begin += len(first)
    _check_header(path, count, dim)
    if _is_text(file, path, begin, count, dim):
        file.seek(begin)
        rows = text.rows(file, path, dim, 2, is_wanted)
        return dim, _check_count(rows, path, count)
    file.seek(begin)
    return dim, binary.rows(file, path, count, dim, is_wanted)


def _check_header(path, count, dim):
    if not count or not dim:
        raise ValueError(
            f"{path} has no vectors: its header declares {count} words of "
            f"{dim} numbers."
        )
    # A number takes two bytes in text, and more in binary.
    if 2 * dim > max(streams.largest(path), text.LONGEST_LINE):
        raise ValueError(
            f"{path} is too small for the {count} words of {dim} numbers its "
            f"header declares: it has {os.path.getsize(path):,} bytes. It is "
            "damaged, or not a file of word vectors."
        )


def _is_text(file, path, begin, count, dim):
    """Checks whether the rows after a first line of numbers are text."""
    second = file.readline(text.LONGEST_LINE)
    if text.fits(second, dim):
        return True
    if not text.is_row(second):
        return False
    file.seek(begin)  # Malformed text, or numbers that look like it.
    return not binary.fits(file, path, count, dim)


def _check_count(rows, path, count):
    """Yields rows, and checks their number against the header."""
    number = 0
    for row in rows:
        number += 1
        if number > count:
            break
        yield row
    if number != count:
        received = "more" if number > count else f"{number}"
        raise ValueError(
            f"{path} must have the {count} words its header declares. "
            f"Received: {received}. If there are fewer, the file is truncated: "
            "download it again."
        )


def _arrays(file, path, is_wanted):
    """Reads an `.npz` row by row."""
    if not isinstance(
        file.raw, io.FileIO
    ):  # The whole file is compressed, too.
        file = io.BytesIO(file.read())
    try:
        with npz.opened(file) as arrays:
            words, vectors = arrays.shape("words"), arrays.shape("vectors")
            kinds = arrays.dtype("words").kind, arrays.dtype("vectors").kind
    except ValueError as error:
        raise _no_arrays(path, error) from error
    if len(vectors) != 2 or words != vectors[:1]:
        raise ValueError(
            f"{path} must contain `vectors` with one row for each of `words`. "
            f"Received: words {words}, vectors {vectors}"
        )
    if kinds[0] not in "US" or kinds[1] not in "fiu":
        raise _no_arrays(path, f"they are of the kinds {', '.join(kinds)}")
    return vectors[1], _array_rows(file, path, is_wanted)


def _array_rows(file, path, is_wanted):
    try:
        with npz.opened(file) as arrays:
            pairs = zip(arrays.rows("words"), arrays.rows("vectors"))
            for word, row in pairs:
                word = word.item()
                if isinstance(word, str):
                    word = word.encode("utf-8", "replace")
                yield word, row if is_wanted(word) else None
    except ValueError as error:
        raise _no_arrays(path, error) from error


def _no_arrays(path, reason):
    return ValueError(
        f"{path} is not an .npz file of the arrays `words` (strings, not "
        f"objects) and `vectors` (numbers), or is truncated: {reason}"
    )


def _unknown_format(path, line):
    excerpt = line[:60].decode("utf-8", "replace")
    return ValueError(
        f"{path} is not a file of word vectors: its first line must be two "
        "integers (word2vec) or a word and its numbers (GloVe), separated by "
        f"single spaces. Received: {excerpt!r}"
    )
