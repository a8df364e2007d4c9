"""Vectors in word2vec's binary format.

A line of the number of words and of numbers a word; then each word, a space,
and its numbers, little-endian float32. word2vec itself ends each with a line
break, others do not.
"""

import itertools
import re

import numpy as np

_BLOCK = 1 << 22
_LONGEST = 4096  # Bytes of a word: GoogleNews' longest has 98.
_CONTROL = re.compile(rb"[\x00-\x1f]")  # A word has none of these characters.
_BREAK = ord("\n")
_SAMPLE = 8


def rows(file, path, count, dim, wanted, block=_BLOCK):
    """Reads all rows, and the numbers of those that are wanted.

    Where each row ends in a line break, a word may have spaces in it. Without
    line breaks, such a word cannot be told from its numbers and is refused.

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
    reader = _Reader(file, path, count, dim, block)
    breaks = False  # Whether every row ends in a line break.
    for row in range(1, count + 1):
        if row == 2:
            breaks = reader.at_break()
        if breaks:
            reader.skip_break(row)
        word = reader.word(row, breaks)
        yield word, reader.numbers(wanted(word))
    if not reader.at_end():
        raise ValueError(
            f"{path} has data after the {count} rows its header declares. It "
            "may be of another format, or damaged."
        )


def fits(file, path, count, dim):
    """Whether a file's first rows can be of this format; moves in the file.

    Args:
        file: Binary file object, behind the first line.
        path: As of `rows`.
        count: As of `rows`.
        dim: As of `rows`.
    """
    some = itertools.islice(
        rows(file, path, count, dim, lambda word: False), _SAMPLE
    )
    try:
        return len(list(some)) == min(count, _SAMPLE)
    except ValueError:
        return False


class _Reader:
    """What is left of a file, read block by block."""

    def __init__(self, file, path, count, dim, block):
        self.file, self.path = file, path
        self.count, self.dim, self.size = count, dim, 4 * dim
        self.block = max(block, self.size)
        self.buffer, self.place = b"", 0

    def at_break(self):
        return self._fill(1) and self.buffer[self.place] == _BREAK

    def numbers(self, wanted):
        """Takes the numbers of a row; returns them if they are wanted."""
        start, self.place = self.place, self.place + self.size
        if wanted:
            return np.frombuffer(self.buffer[start : self.place], "<f4")
        return None

    def skip_break(self, row):
        if not self._fill(1):
            raise self._ends_early(row)
        if self.buffer[self.place] != _BREAK:
            raise self._no_word(row, "after a line break")
        self.place += 1

    def word(self, row, breaks):
        """Takes a word and the space behind it; its numbers are there then."""
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
        """Finds the space behind a word, and reads its numbers."""
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
        """Finds a space, so many bytes from here on or later."""
        while True:
            found = self.buffer.find(b" ", self.place + start)
            length = found if found >= 0 else len(self.buffer)
            if length - self.place > _LONGEST:
                raise self._no_word(row, "that ends with a space")
            if found >= 0:
                return found - self.place
            if not self._fill(len(self.buffer) - self.place + 1):
                raise self._ends_early(row)

    def _ends_row(self, place, row):
        """Whether a row can end so many bytes from here."""
        if self._fill(place + 1):
            return self.buffer[self.place + place] == _BREAK
        return row == self.count or len(self.buffer) - self.place < place

    def _fill(self, size):
        """Reads until so many bytes are there; says whether they are."""
        if len(self.buffer) - self.place >= size:
            return True
        while len(self.buffer) - self.place < size:
            more = self.file.read(self.block)
            if not more:
                return False
            self.buffer, self.place = self.buffer[self.place :] + more, 0
        return True

    def _no_word(self, row, how):
        shown = self.buffer[self.place : self.place + 40]
        return ValueError(
            f"{self.path}, row {row}: expected a word {how}. Received: "
            f"{shown!r}. Is there a space or a control character in this word "
            "or the previous one, or is the file of another format, or "
            "damaged? For words with spaces, use text or .npz."
        )

    def _ends_early(self, row):
        left = len(self.buffer) - self.place
        return ValueError(
            f"{self.path}, row {row}: expected a word and {self.dim} numbers "
            f"({self.size} bytes). Received: the end of the file after {left} "
            f"bytes; {self.count - row + 1} of {self.count} rows are missing. "
            "The file is truncated: download it again."
        )


def _is_text(word):
    if word.isascii():
        return True
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
