"""Checks a data set: names every row that is not what it should be."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import os
import pathlib
import statistics

from mmkeras.data import cache
from mmkeras.data import check_labelled
from mmkeras.data import check_texts
from mmkeras.data import check_vocabulary
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.data import files
from mmkeras.data import training_problems
from mmkeras.data import truncation
from mmkeras.data.codecs import scripts
from mmkeras.data.problems import Problem
from mmkeras.data.problems import unreadable

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
    found = datasets.scan(source, folder, target, kind, columns)
    name = datasets.name_of(source)
    progress = progress or (lambda *_: None)
    published = datasets.is_published(source)
    if not published:
        found.problems += training_problems.of_scan(found)
        found.notes += check_texts.notes(found.rows)
        found.problems += check_vocabulary.problems(found.rows)
    if any("label" in row for row in found.rows):
        bad = check_labelled.problems(found.rows, progress, published)
        counts = check_labelled.counts(found.rows)
        found.notes += truncation.describe_sounds(found.rows)
        if not published and "question" not in found.rows[0]:
            found.notes.insert(0, check_labelled.describe(found.rows))
        return Report(name, counts, [*found.problems, *bad], found.notes)
    there, problems = _find_missing(found.rows)
    problems = [*found.problems, *problems]
    told = all(problem.kind != "missing" for problem in found.problems)
    problems += _check_captions(found.rows, told)
    problems += _check_images(there, progress)
    problems += _check_contents(found.rows, there, published)
    unused = sum(row["split"] is None for row in found.rows)
    notes = [f"Images that belong to no split: {unused}."] if unused else []
    return Report(name, _count(found.rows), problems, found.notes + notes)


def _find_missing(rows):
    """Returns one row for each file that is there, and problems."""
    first = {row["image"]: row for row in rows}
    folders = {str(pathlib.Path(image).parent) for image in first}
    gone = {place for place in folders if not os.path.isdir(place)}
    count, there, problems = collections.Counter(), [], []
    for image, row in first.items():
        place = str(pathlib.Path(image).parent)
        if place in gone:
            count[place] += 1
            continue
        reason = files.why_unreadable(image)
        if reason:
            problems.append(unreadable(image, "the image", reason))
        else:
            there.append(row)
    folders = [
        Problem("missing", place, f"the folder of {number} images")
        for place, number in count.items()
    ]
    return there, folders + problems


def _check_captions(rows, told):
    """Checks captions; if their file is missing, that was named once."""
    for row in rows:
        if told and not row["captions"]:
            detail = "an image without captions"
            yield Problem("unpaired", row["id"], detail)
        seen = {}
        for number, caption in enumerate(row["captions"], 1):
            first = seen.setdefault(caption.casefold(), number)
            if not caption:
                detail = f"caption {number} is empty"
                yield Problem("empty", row["id"], detail)
            elif first != number:
                detail = f"caption {number} repeats caption {first}"
                yield Problem("duplicate", row["id"], detail)


def _check_images(rows, progress):
    """Decodes every image, small."""
    done, paths = 0, [row["image"] for row in rows]
    for _, errors in cache.batches(paths, codecs.Image((16, 16))):
        for row, error in zip(rows[done:], errors):
            if error:
                kind = "empty" if error == b"empty" else "corrupt"
                yield Problem(kind, row["image"], error.decode("utf-8"))
        done += len(errors)
        progress(done, len(rows))


def _check_contents(rows, there, published):
    """Finds images of one content, and names in several splits."""
    digests = _digests([row["image"] for row in there])
    splits = collections.defaultdict(dict)
    for row in rows:
        splits[row["id"]].setdefault(row["split"], row)
    for name, found in splits.items():
        if len(found.keys() - {None}) > 1:
            detail = f"is in {_join(found)}"
            yield Problem("leak", name, detail)
    contents = collections.defaultdict(dict)
    for row in rows:
        digest = digests.get(row["image"])
        if digest:
            contents[digest].setdefault((row["id"], row["split"]), row)
    for twins in contents.values():
        yield from _check_twins(list(twins.values()), published)


def _check_twins(rows, published):
    """Names rows of one content: a leak, or a duplicate in one split.

    In a published data set it is a duplicate in any case.
    """
    first = rows[0]
    for row in rows[1:]:
        if row["id"] == first["id"]:
            continue  # A name in two splits: named already.
        detail = f"has the same content as {first['image']}"
        if row["split"] == first["split"]:
            yield Problem("duplicate", row["image"], detail)
        elif None not in (row["split"], first["split"]):
            detail += f" and is in {_join([first['split'], row['split']])}"
            kind = "duplicate" if published else "leak"
            yield Problem(kind, row["image"], detail)


def _join(splits):
    return " and ".join(str(split) for split in splits if split)


def _digests(paths):
    """Hashes files, several at once; those that cannot be read are left."""

    def digest(path):
        try:
            content = files.read(path)
        except ValueError:
            return path, None
        return path, hashlib.sha256(content).digest() if content else None

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(pool.map(digest, paths, chunksize=64))


def _count(rows):
    splits = collections.Counter(row["split"] for row in rows)
    captions = [caption for row in rows for caption in row["captions"]]
    return {
        "images": len({row["image"] for row in rows}),
        "captions": len(captions),
        "splits": {
            split: splits[split]
            for split in ("train", "val", "test")
            if splits[split]
        },
        "captions per image": _spread([len(row["captions"]) for row in rows]),
        "words per caption": _spread([_words(c) for c in captions]),
    }


def _words(caption):
    return len(scripts.spaced(caption).split())


def _spread(numbers):
    if not numbers:
        return {}
    return {
        "least": min(numbers),
        "mean": round(statistics.fmean(numbers), 2),
        "most": max(numbers),
    }
