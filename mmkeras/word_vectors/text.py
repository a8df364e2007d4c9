"""Vectors as lines of text: the formats of word2vec and GloVe.

A line has a word and its numbers, separated by single spaces. The first line
of word2vec has the number of words and the number of values per word. A word
may contain spaces: it is everything before the last `dim` numbers.
"""

_EXCERPT = 60
_DIGITS = 18  # Of a number in the first line.
LONGEST_LINE = 1 << 20  # Bytes.


def header(line):
    """Reads word2vec's first line.

    Args:
        line: bytes.

    Returns:
        Tuple of the number of words and the number of values per word, or
        `None` for any other line.
    """
    parts = line.split()
    whole = all(part.isdigit() and len(part) <= _DIGITS for part in parts)
    if len(parts) != 2 or not whole:
        return None
    return int(parts[0]), int(parts[1])


def columns(line):
    """Counts the numbers at the end of a line, after its word.

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
    """Checks whether text with spaces can be one word before `dim` numbers.

    Two lines without the line break between them cannot.

    Args:
        word: bytes.
        dim: int. Numbers per line.
    """
    return sum(map(_is_number, word.split(b" "))) < max(dim, 2)


def fits(line, dim):
    """Checks whether a line is a word and exactly `dim` numbers.

    Args:
        line: bytes.
        dim: int. Numbers per line.
    """
    line = line.rstrip(b" \r\n")
    if columns(line) < dim:
        return False
    word = line.rsplit(b" ", dim)[0]
    return b" " not in word or is_word(word, dim)


def is_row(line):
    """Checks whether a line, even if malformed, is text: a word and numbers.

    Args:
        line: bytes.
    """
    if set(line) & (set(range(32)) - set(b"\t\r\n")):
        return False
    return any(map(_is_number, line.split()[1:]))


def rows(file, path, dim, start, is_wanted):
    """Reads lines, and parses the numbers of selected words.

    Args:
        file: Binary file object, before the first of the lines.
        path: Name of the file, for errors.
        dim: int. Numbers per line.
        start: int. The number of the first line.
        is_wanted: Function from a word (bytes) to whether its numbers are
            parsed.

    Yields:
        Tuples of a word, bytes, and of its numbers, a list of floats; `None`
        for words that are not selected.

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
        if not is_wanted(word):
            yield word, None
            continue
        try:
            yield word, [float(x) for x in line[len(word) + 1 :].split(b" ")]
        except ValueError:
            raise _malformed(line, dim, f"{path}:{number}") from None


def _spaced(line, spaces, dim, where):
    """Returns the word of a line if it may contain these spaces."""
    word = line.rsplit(b" ", dim)[0]
    if spaces < dim or not is_word(word, dim):
        raise _malformed(line, dim, where)
    return word


def _malformed(line, dim, where):
    excerpt = line[:_EXCERPT].decode("utf-8", "replace")
    return ValueError(
        f"{where} must be a word and {dim} numbers, separated by single "
        f"spaces. Received: {excerpt!r}{'...' * (len(line) > _EXCERPT)}, with "
        f"{columns(line)} numbers at its end. If it is the last line, the "
        "file is truncated: download it again."
    )


def _is_number(part):
    try:
        float(part)
    except ValueError:
        return False
    return True
