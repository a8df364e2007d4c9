"""Vectors in word2vec's binary format.

A line of the number of words and of numbers a word; then each word, a space,
and its numbers, little-endian float32. word2vec itself ends each with a line
break, others do not.
"""

import numpy as np

_BLOCK = 1 << 22
_LONGEST = 4096  # Bytes of a word: GoogleNews' longest has 98.


def rows(file, path, count, dim, wanted, block=_BLOCK):
    """Reads all rows, and the numbers of those that are wanted.

    Args:
        file: Binary file object, behind the first line.
        path: The file's name, for errors.
        count: int. Number of rows.
        dim: int. Numbers a row.
        wanted: Function of a word, bytes, that says whether to read it.
        block: int. Bytes to read at a time.

    Yields:
        Tuples of a word, bytes, and of its numbers, a float32 array of shape
        `(dim,)`; `None` if it is not wanted.

    Raises:
        ValueError: If the file ends early, goes on behind the last row, or
            has no word where one should be.
    """
    buffer, place, size = b"", 0, 4 * dim
    for row in range(1, count + 1):
        space = buffer.find(b" ", place)
        while space < 0 or space + 1 + size > len(buffer):
            found = space if space >= 0 else len(buffer)
            _check_word(found - place, path, row)
            more = file.read(max(block, size))
            if not more:
                raise _ends_early(path, row, count, len(buffer) - place, dim)
            buffer, place = buffer[place:] + more, 0
            space = buffer.find(b" ")
        _check_word(space - place, path, row)
        word = buffer[place:space].lstrip(b"\n")
        place = space + 1 + size
        if wanted(word):
            yield word, np.frombuffer(buffer[place - size : place], "<f4")
        else:
            yield word, None
    if (buffer[place:] + file.read(2)).strip(b"\n"):
        raise ValueError(
            f"{path} goes on behind the last of the {count} rows that its "
            "first line promises. Is it of another format, or damaged?"
        )


def _check_word(length, path, row):
    if length > _LONGEST:
        raise ValueError(
            f"{path}, row {row}: a word is expected, ended by a space. "
            f"Received: {length} bytes without one. Is the file of another "
            "format, or damaged?"
        )


def _ends_early(path, row, count, left, dim):
    return ValueError(
        f"{path}, row {row}: the file ends where a word and {dim} numbers "
        f"({4 * dim} bytes) are expected; {left} bytes are left, and "
        f"{count - row + 1} of {count} rows are missing. It is cut off: "
        "download it again."
    )
