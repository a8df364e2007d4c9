"""What can be wrong with a data set."""

import dataclasses

KINDS = ("missing", "corrupt", "empty", "duplicate", "unpaired", "leak")


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing wrong with a data set.

    Attributes:
        kind: One of `KINDS`.
        where: File, file and line (`captions.csv:17`), or row.
        detail: What is wrong there.
    """

    kind: str
    where: str
    detail: str

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(
                f"`kind` is one of {', '.join(KINDS)}. "
                f"Received: kind={self.kind!r}"
            )

    def __str__(self):
        return f"{self.kind}: {self.where}: {self.detail}"
