"""Checks a data set: names every row that has a problem."""

import collections
import dataclasses

from mmkeras import metrics
from mmkeras.data import check_contents
from mmkeras.data import check_counts
from mmkeras.data import check_files
from mmkeras.data import check_inputs
from mmkeras.data import check_texts
from mmkeras.data import check_transcripts
from mmkeras.data import check_vocabulary
from mmkeras.data import column_choice
from mmkeras.data import datasets
from mmkeras.data import label_kinds
from mmkeras.data import training_problems
from mmkeras.data import truncation
from mmkeras.data.datasets.columns import TABULAR
from mmkeras.data.problems import Problem

__all__ = ["Problem", "Report", "check"]
_SPEECH = ("transcripts", "translations")  # Kinds of data.


@dataclasses.dataclass
class Report:
    """Result of a check.

    Attributes:
        name: Name of the data set.
        counts: Dict of numbers: `"images"`, `"captions"`, `"splits"` (images
            by split), `"captions per image"` and `"words per caption"`
            (each with minimum, mean and maximum); for labelled examples, the
            number with each set of modalities, and with each label.
        problems: List of `Problem`s.
        notes: Remarks that are not problems.
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
        """Number of problems of each kind."""
        return dict(collections.Counter(p.kind for p in self.problems))


def check(
    source, folder=None, progress=None, target=None, kind=None, columns=None
) -> Report:
    """Reads and decodes all of a data set.

    Problems are of these kinds: `missing`, a file that does not exist;
    `corrupt`, an image that cannot be decoded or a line that cannot be read;
    `empty`, an empty file or caption; `duplicate`, an image with the same
    content as another of its split, or a caption that an image has twice;
    `unpaired`, an image without captions or captions without an image;
    `leak`, an image that by content or name is in two splits; in a published
    data set equal contents are `duplicate`, since its splits are the authors'.
    `short`, a recording that is too short for its transcript.
    Your own data is also checked for the problems of
    `training_problems.find`.

    Args:
        source: Name of a published data set, path of your own, or rows in
            memory; see `datasets.get`.
        folder: As of `datasets.scan`.
        progress: Function of the number of images done and the total.
        target: As of `datasets.scan`.
        kind: As of `datasets.scan`.
        columns: As of `datasets.scan`.

    Returns:
        A `Report`.

    Raises:
        ValueError: If there is no data set of that name.
        FileNotFoundError: If there is no such file or folder.
    """
    data = datasets.scan(source, folder, target, kind, columns)
    rows, published = data.rows, datasets.is_published(source)
    problems, notes = list(data.problems), list(data.notes)
    if not published:
        problems += training_problems.of_dataset(data)
        problems += check_vocabulary.problems(rows)
        notes = [*_describe_labels(rows), *notes, *check_texts.notes(rows)]
        notes += _describe_columns(source, rows, columns)
    captioned = all(problem.kind != "missing" for problem in data.problems)
    problems += check_files.problems(rows, progress or (lambda *_: None))
    problems += check_inputs.problems(rows, captioned)
    problems += check_contents.problems(rows, published)
    if kind in (None, "transcripts"):
        problems += check_transcripts.problems(rows)
    notes += _missing_packages(rows)
    notes += truncation.describe_audio(rows, _audio_limits(rows, kind))
    unused = sum("captions" in r and r["split"] is None for r in rows)
    if unused:
        notes.append(f"Images that belong to no split: {unused}.")
    name = datasets.name_of(source)
    return Report(name, check_counts.count(rows), problems, notes)


def _missing_packages(rows):
    """Describes what is to be installed before training on translations."""
    if not rows or "target" not in rows[0]:
        return []
    try:
        language = (rows[0].get("languages") or [None])[-1]
        metrics.require_translation_packages(language)
    except ModuleNotFoundError as error:
        return [f"{error}"]
    return []


def _audio_limits(rows, kind):
    """The seconds of audio that training takes by default, and where."""
    speech, other = truncation.SPEECH_SECONDS, truncation.AUDIO_SECONDS
    if kind is not None:
        return {speech if kind in _SPEECH else other: ""}
    if any(map(check_transcripts.is_transcript, rows)):  # Or pairs.
        return {speech: "for transcripts and translations", other: "for pairs"}
    return {speech if any("target" in row for row in rows) else other: ""}


def _has_labels(rows):
    """Whether rows have labels; answers to questions are not labels."""
    return bool(rows) and "label" in rows[0] and "question" not in rows[0]


def _describe_labels(rows):
    """Describes labels in a line."""
    if not _has_labels(rows):
        return []
    return [label_kinds.describe([row["label"] for row in rows])]


def _describe_columns(source, rows, columns):
    """Describes the columns that are chosen as numbers and categories."""
    if not _has_labels(rows) or {*(columns or {})} & {*TABULAR}:
        return []
    own = datasets.get(source, "labels", columns)
    choice = column_choice.choose(*own.other_columns()).describe()
    return [f"Read by `mmkeras train classify`: {choice}"] if choice else []
