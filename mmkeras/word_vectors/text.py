"""Vectors as lines of text: word2vec's and GloVe's formats.

A line is a word and its numbers, with single spaces between. word2vec puts a
line before them, of the number of words and of numbers a word. A word may
have spaces in it: it is what comes before the last `dim` numbers.
"""

_SHOWN = 60
_DIGITS = 18  # Of a number in the first line.
LONGEST_LINE = 1 << 20  # Bytes.


def header(line):
    """Reads word2vec's first line.

    Args:
        line: bytes.

    Returns:
        Tuple of the number of words and of numbers a word, or `None` if the
        line is another.
    """
    parts = line.split()
    whole = all(part.isdigit() and len(part) <= _DIGITS for part in parts)
    if len(parts) != 2 or not whole:
        return None
    return int(parts[0]), int(parts[1])


def columns(line):
    """Counts the numbers of a line, those at its end that follow its word.

    Args:
        line: bytes.

    Returns:
        int, 0 if the line is not a word and numbers.
    """
    parts = line.rstrip(b" \r\n").split(b" ")
    count = 0
    for part in reversed(parts[1:]):
        if not _is_number(part):
            break
        count += 1
    return count


def is_word(word, dim):
    """Whether a word with spaces can be one, before so many numbers.

    Two lines that lost the break between them are none.

    Args:
        word: bytes.
        dim: int. Numbers a line.
    """
    return sum(map(_is_number, word.split(b" "))) < max(dim, 2)


def fits(line, dim):
    """Whether a line is a word and exactly so many numbers.

    Args:
        line: bytes.
        dim: int. Numbers a line.
    """
    line = line.rstrip(b" \r\n")
    if columns(line) < dim:
        return False
    word = line.rsplit(b" ", dim)[0]
    return b" " not in word or is_word(word, dim)


def is_row(line):
    """Whether a line, perhaps malformed, is text, a word before its numbers.

    Args:
        line: bytes.
    """
    if set(line) & (set(range(32)) - set(b"\t\r\n")):
        return False
    return any(map(_is_number, line.split()[1:]))


def rows(file, path, dim, start, wanted):
    """Reads lines, and the numbers of those that are wanted.

    Args:
        file: Binary file object, before the first of the lines.
        path: The file's name, for errors.
        dim: int. Numbers a line.
        start: int. The number of the first line.
        wanted: Function of a word, bytes, that says whether to read it.

    Yields:
        Tuples of a word, bytes, and of its numbers, a list of floats; `None`
        if it is not wanted.

    Raises:
        ValueError: If a line is malformed; the error has its number.
    """
    lines = iter(lambda: file.readline(LONGEST_LINE), b"")
    for number, line in enumerate(lines, start):
        if len(line) == LONGEST_LINE:
            raise _malformed(line, dim, f"{path}:{number}")
        line = line.rstrip(b" \r\n")
        if not line:
            continue
        spaces = line.count(b" ")
        if spaces == dim:
            word = line[: line.index(b" ")]
        else:
            word = _spaced(line, spaces, dim, f"{path}:{number}")
        if not wanted(word):
            yield word, None
            continue
        try:
            yield word, [float(x) for x in line[len(word) + 1 :].split(b" ")]
        except ValueError:
            raise _malformed(line, dim, f"{path}:{number}") from None


def _spaced(line, spaces, dim, where):
    """The word of a line that has spaces in it, if it can be one."""
    word = line.rsplit(b" ", dim)[0]
    if spaces < dim or not is_word(word, dim):
        raise _malformed(line, dim, where)
    return word


def _malformed(line, dim, where):
    shown = line[:_SHOWN].decode("utf-8", "replace")
    return ValueError(
        f"{where} must be a word and {dim} numbers, separated by single "
        f"spaces. Received: {shown!r}{'...' * (len(line) > _SHOWN)}, with "
        f"{columns(line)} numbers at its end. If it is the last line, the "
        "file is truncated: download it again."
    )


def _is_number(part):
    try:
        float(part)
    except ValueError:
        return False
    return True
