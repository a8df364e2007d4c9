"""Problems of a data set."""

import collections
import dataclasses
import re
import unicodedata

from mmkeras.data import files

KINDS = (
    "missing",
    "corrupt",
    "empty",
    "duplicate",
    "unpaired",
    "leak",
    "split",
    "label",
    "unseen",
    "short",
)


@dataclasses.dataclass(frozen=True)
class Problem:
    """One problem of a data set.

    Attributes:
        kind: One of `KINDS`.
        where: File, file and line (`captions.csv:17`), or row.
        detail: Description of the problem.
        skippable: Whether it concerns one row of a table of your own that can
            be skipped.
    """

    kind: str
    where: str
    detail: str
    skippable: bool = dataclasses.field(default=False, compare=False)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {', '.join(KINDS)}. Received: "
                f"kind={self.kind!r}"
            )

    def __str__(self):
        return printable(f"{self.kind}: {self.where}: {self.detail}")


def unreadable(where, what, reason):
    """Returns the problem of a file that cannot be read.

    Args:
        where: The file, or its row.
        what: Description of the file, e.g. `"the image"`.
        reason: Error of `files.read`.
    """
    if reason == files.MISSING:
        return Problem("missing", where, what)
    return Problem("corrupt", where, reason)


def summarize(problems, max_lines=5) -> list[str]:
    """Describes problems, one line per cause.

    Args:
        problems: List of `Problem`s. Lines of one file (`captions.csv:17`)
            with the same kind and detail are one cause.
        max_lines: int. Maximum number of lines to name per cause.

    Returns:
        List of strings, in the order of first occurrence.
    """
    causes = collections.defaultdict(list)
    for problem in problems:
        file, line = _split(problem.where)
        causes[problem.kind, file, problem.detail].append(line)
    summary = []
    for (kind, file, detail), lines in causes.items():
        where = file
        if lines[0] is not None:
            where += f":{', '.join(lines[:max_lines])}"
        elif len(lines) > 1:
            where += f" ({len(lines)} times)"
        if lines[0] is not None and len(lines) > max_lines:
            where += f" and {len(lines) - max_lines} more lines"
        summary.append(printable(f"{kind}: {where}: {detail}"))
    return summary


def printable(text) -> str:
    """Escapes control characters and surrogates for a terminal."""
    return "".join(
        ascii(c)[1:-1] if unicodedata.category(c) in _UNPRINTABLE else c
        for c in str(text)
    )


_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_LINE = re.compile(r"(.*):(\d+)", re.DOTALL)


def _split(where):
    match = _LINE.fullmatch(where)
    return match.groups() if match else (where, None)
