"""Writes word vectors in formats that other libraries read."""

import io
import pathlib

import numpy as np

from mmkeras.word_vectors import streams
from mmkeras.word_vectors import text

KINDS = ("word2vec", "word2vec-binary", "glove", "npz")
_ENDINGS = {".bin": "word2vec-binary", ".npz": "npz"}


def write(path, vectors, kind=None):
    """Writes word vectors atomically.

    Numbers are restored exactly, from text as well: each is written with
    enough digits to distinguish a float32 from the next.

    Args:
        path: The file, compressed if its name ends in `.gz`. An existing file
            is unchanged until the new one is on disk.
        vectors: A `mmkeras.word_vectors.Vectors`.
        kind: One of `"word2vec"`, its text format; `"word2vec-binary"`;
            `"glove"`, the same text without a first line; and `"npz"`. `None`
            infers it from the name: `.bin` is binary, `.npz` is an `.npz`,
            everything else is word2vec's text.

    Raises:
        ValueError: If the format is unknown, or cannot represent a word: text
            has no line breaks in words, and word2vec's formats, as others
            read them, no spaces.
        OSError: If the file cannot be written.

    Example:

    >>> write("vectors.bin", vectors)
    >>> gensim.models.KeyedVectors.load_word2vec_format(
    ...     "vectors.bin", binary=True
    ... )
    """
    kind = kind or _kind(pathlib.Path(path))
    if kind not in KINDS:
        raise ValueError(
            f"`kind` must be one of {', '.join(map(repr, KINDS))}. Received: "
            f"kind={kind!r}"
        )
    if kind != "npz":
        _check(vectors, kind)
    with streams.writing(path) as file:
        _WRITERS[kind](file, vectors)


def _kind(path):
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else None
    return _ENDINGS.get(ending or path.suffix, "word2vec")


def _check(vectors, kind):
    if not len(vectors):
        raise ValueError(
            f"{kind!r} cannot store vectors of no words. Received: 0 words"
        )
    bad = "\n" if kind == "glove" else " \n"
    for word in vectors.words:
        if not word or set(word) & set(bad):
            raise ValueError(
                f"{kind!r} cannot store an empty word, or one with a line "
                f"break{' or a space' * (' ' in bad)}. Received: {word!r}. "
                "Replace it with `_`, or write 'npz'."
            )
    if kind == "glove":
        _check_spaced(vectors)


def _check_spaced(vectors):
    """Rejects words with spaces that would be read as numbers of a vector."""
    for i, word in enumerate(vectors.words):
        if i and " " not in word:
            continue
        line = _line(word, vectors.array[i])
        first = text.columns(line) if i == 0 else vectors.dim
        if first != vectors.dim or not text.is_word(word.encode(), vectors.dim):
            raise ValueError(
                "'glove' cannot store a word that looks like numbers. "
                f"Received: {word!r}. Replace its spaces with `_`, or write "
                "'npz'."
            )


def _write_header(file, vectors):
    file.write(f"{len(vectors)} {vectors.dim}\n".encode())


def _write_rows(file, vectors):
    for word, row in zip(vectors.words, vectors.array):
        file.write(_line(word, row))


def _line(word, row):
    return f"{word} {' '.join(row.astype(str))}\n".encode()


def _write_text(file, vectors):
    _write_header(file, vectors)
    _write_rows(file, vectors)


def _write_binary(file, vectors):
    _write_header(file, vectors)
    for word, row in zip(vectors.words, vectors.array.astype("<f4")):
        file.write(word.encode("utf-8") + b" " + row.tobytes() + b"\n")


def _write_npz(file, vectors):
    words = np.array(vectors.words, str)
    seekable = io.BytesIO()  # Files of gzip are not seekable.
    np.savez(seekable, words=words, vectors=vectors.array)
    file.write(seekable.getbuffer())


_WRITERS = {
    "word2vec": _write_text,
    "word2vec-binary": _write_binary,
    "glove": _write_rows,
    "npz": _write_npz,
}
