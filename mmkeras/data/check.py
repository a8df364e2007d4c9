"""Checks a data set: names every row that is not what it should be."""

import collections
import dataclasses

from mmkeras.data import check_contents
from mmkeras.data import check_counts
from mmkeras.data import check_files
from mmkeras.data import check_inputs
from mmkeras.data import check_texts
from mmkeras.data import check_vocabulary
from mmkeras.data import datasets
from mmkeras.data import label_kinds
from mmkeras.data import training_problems
from mmkeras.data import truncation
from mmkeras.data.problems import Problem

__all__ = ["Problem", "Report", "check"]


@dataclasses.dataclass
class Report:
    """What a check found.

    Attributes:
        name: Name of the data set.
        counts: Dict of figures: `"images"`, `"captions"`, `"splits"` (images
            by split), `"captions per image"` and `"words per caption"`
            (each with the least, mean and most); of labelled examples, how
            many have what, and the labels.
        problems: List of `Problem`s.
        notes: What is worth knowing but no problem.
    """

    name: str
    counts: dict
    problems: list
    notes: list

    @property
    def ok(self) -> bool:
        """Whether there are no problems except duplicates.

        Published data sets have some: Flickr8k has 15.
        """
        return self.kinds.keys() <= {"duplicate"}

    @property
    def kinds(self) -> dict:
        """How many problems there are of each kind."""
        return dict(collections.Counter(p.kind for p in self.problems))


def check(
    source, folder=None, progress=None, target=None, kind=None, columns=None
) -> Report:
    """Reads and decodes all of a data set.

    Problems are of these kinds: `missing`, a file that is not there;
    `corrupt`, an image that cannot be decoded or a line that cannot be read;
    `empty`, a file or caption of nothing; `duplicate`, an image of the same
    content as another of its split, or a caption that an image has twice;
    `unpaired`, an image without captions or captions without an image;
    `leak`, an image that by content or name is in two splits; in a published
    data set equal contents are `duplicate`, since its splits are the authors'.
    Of data of your own, there are also those of `training_problems.find`.

    Args:
        source: Name of a published data set, path of your own, or rows in
            memory; see `datasets.get`.
        folder: As of `datasets.scan`.
        progress: Function of the images done and in all.
        target: As of `datasets.scan`.
        kind: As of `datasets.scan`.
        columns: As of `datasets.scan`.

    Returns:
        A `Report`.

    Raises:
        ValueError: If there is no data set of that name.
        FileNotFoundError: If there is no such file or folder.
    """
    scan = datasets.scan(source, folder, target, kind, columns)
    rows, published = scan.rows, datasets.is_published(source)
    problems, notes = list(scan.problems), list(scan.notes)
    if not published:
        problems += training_problems.of_scan(scan)
        problems += check_vocabulary.problems(rows)
        notes = [*_describe_labels(rows), *notes, *check_texts.notes(rows)]
    captioned = all(problem.kind != "missing" for problem in scan.problems)
    problems += check_files.problems(rows, progress or (lambda *_: None))
    problems += check_inputs.problems(rows, captioned)
    problems += check_contents.problems(rows, published)
    notes += truncation.describe_sounds(rows)
    unused = sum("captions" in r and r["split"] is None for r in rows)
    if unused:
        notes.append(f"Images that belong to no split: {unused}.")
    name = datasets.name_of(source)
    return Report(name, check_counts.count(rows), problems, notes)


def _describe_labels(rows):
    """Says what labels are, in a line; answers to questions are not labels."""
    if not rows or "label" not in rows[0] or "question" in rows[0]:
        return []
    return [label_kinds.describe([row["label"] for row in rows])]
