"""Vectors in word2vec's binary format.

The first line contains the number of words and the number of values per word.
Each word follows, then a space and its numbers as little-endian float32.
word2vec itself ends each row with a line break, other programs do not.
"""

import itertools
import re

import numpy as np

_BLOCK = 1 << 22
_LONGEST = 4096  # Bytes of a word: the longest of GoogleNews has 98.
_CONTROL = re.compile(rb"[\x00-\x1f]")  # A word has none of these characters.
_BREAK = ord("\n")
_SAMPLE = 8


def rows(file, path, count, dim, is_wanted, block=_BLOCK):
    """Reads all rows, and decodes the numbers of selected words.

    If each row ends in a line break, a word may contain spaces. Without line
    breaks, such a word is ambiguous and raises an error.

    Args:
        file: Binary file object, positioned after the first line.
        path: Name of the file, for errors.
        count: int. Number of rows.
        dim: int. Numbers per row.
        is_wanted: Function from a word (bytes) to whether its numbers are
            decoded.
        block: int. Bytes to read at a time.

    Yields:
        Tuples of a word, bytes, and of its numbers, a float32 array of shape
        `(dim,)`; `None` for words that are not selected.

    Raises:
        ValueError: If the file ends early, has data after the last row, or
            has no word where one is expected.
    """
    reader = _Reader(file, path, count, dim, block)
    breaks = False  # Whether every row ends in a line break.
    for row in range(1, count + 1):
        if row == 2:
            breaks = reader.at_break()
        if breaks:
            reader.skip_break(row)
        word = reader.word(row, breaks)
        yield word, reader.numbers(is_wanted(word))
    if not reader.at_end():
        raise ValueError(
            f"{path} has data after the {count} rows its header declares. It "
            "may be of another format, or damaged."
        )


def fits(file, path, count, dim):
    """Checks whether the first rows of a file fit this format.

    Args:
        file: Binary file object, positioned after the first line; its
            position changes.
        path: As for `rows`.
        count: As for `rows`.
        dim: As for `rows`.
    """
    sample = itertools.islice(
        rows(file, path, count, dim, lambda word: False), _SAMPLE
    )
    try:
        return len(list(sample)) == min(count, _SAMPLE)
    except ValueError:
        return False


class _Reader:
    """Reads the rest of a file block by block."""

    def __init__(self, file, path, count, dim, block):
        self.file, self.path = file, path
        self.count, self.dim, self.size = count, dim, 4 * dim
        self.block = max(block, self.size)
        self.buffer, self.place = b"", 0

    def at_break(self):
        return self._fill(1) and self.buffer[self.place] == _BREAK

    def numbers(self, decode):
        """Skips the numbers of a row; returns them if `decode` is true."""
        start, self.place = self.place, self.place + self.size
        if decode:
            return np.frombuffer(self.buffer[start : self.place], "<f4")
        return None

    def skip_break(self, row):
        if not self._fill(1):
            raise self._ends_early(row)
        if self.buffer[self.place] != _BREAK:
            raise self._no_word(row, "after a line break")
        self.place += 1

    def word(self, row, breaks):
        """Reads a word and the space after it; buffers its numbers."""
        space = self.buffer.find(b" ", self.place) - self.place
        end = self.place + space + 1 + self.size
        simple = 0 <= space <= _LONGEST and end < len(self.buffer)
        if not simple or (breaks and self.buffer[end] != _BREAK):
            space = self._search(row, breaks)
        word = self.buffer[self.place : self.place + space]
        self.place += space + 1
        if _CONTROL.search(word) or not (breaks or _is_text(word)):
            raise self._no_word(row, "that ends with the only space in it")
        return word

    def _search(self, row, breaks):
        """Finds the space after a word, and buffers its numbers."""
        space = self._space(row, 0)
        while breaks and not self._ends_row(space + 1 + self.size, row):
            space = self._space(row, space + 1)
        if not self._fill(space + 1 + self.size):
            raise self._ends_early(row)
        return space

    def at_end(self):
        self._fill(2)
        return not self.buffer[self.place :].strip(b"\n")

    def _space(self, row, start):
        """Finds the first space at least `start` bytes after the place."""
        while True:
            position = self.buffer.find(b" ", self.place + start)
            length = position if position >= 0 else len(self.buffer)
            if length - self.place > _LONGEST:
                raise self._no_word(row, "that ends with a space")
            if position >= 0:
                return position - self.place
            if not self._fill(len(self.buffer) - self.place + 1):
                raise self._ends_early(row)

    def _ends_row(self, place, row):
        """Checks whether a row can end `place` bytes from here."""
        if self._fill(place + 1):
            return self.buffer[self.place + place] == _BREAK
        return row == self.count or len(self.buffer) - self.place < place

    def _fill(self, size):
        """Reads until `size` bytes are buffered; returns whether they are."""
        if len(self.buffer) - self.place >= size:
            return True
        while len(self.buffer) - self.place < size:
            more = self.file.read(self.block)
            if not more:
                return False
            self.buffer, self.place = self.buffer[self.place :] + more, 0
        return True

    def _no_word(self, row, how):
        excerpt = self.buffer[self.place : self.place + 40]
        return ValueError(
            f"{self.path}, row {row}: expected a word {how}. Received: "
            f"{excerpt!r}. Is there a space or a control character in this "
            "word or the previous one, or is the file of another format, or "
            "damaged? For words with spaces, use text or .npz."
        )

    def _ends_early(self, row):
        remaining = len(self.buffer) - self.place
        return ValueError(
            f"{self.path}, row {row}: expected a word and {self.dim} numbers "
            f"({self.size} bytes). Received: the end of the file after "
            f"{remaining} bytes; {self.count - row + 1} of {self.count} rows "
            "are missing. The file is truncated: download it again."
        )


def _is_text(word):
    if word.isascii():
        return True
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
