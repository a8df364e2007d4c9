"""What all data sets share: folders, splits and rows."""

import dataclasses
import functools
import json
import os
import pathlib
import warnings

import numpy as np

from mmkeras.data import files
from mmkeras.data import splits
from mmkeras.data.problems import Problem
from mmkeras.data.problems import summarize

SPLITS = splits.SPLITS
IMAGES = files.IMAGES
_OTHER_NAMES = {
    "training": "train",
    "restval": "train",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "testing": "test",
}
_FORM_ERRORS = (
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)


@dataclasses.dataclass
class Dataset:
    """The rows of all splits of a data set, and the problems in its files.

    Attributes:
        rows: List of dicts: `"id"`; `"image"`, a path; `"captions"`, a list
            of strings, empty where there is none; `"split"`, one of `SPLITS`
            or None.
        problems: What is wrong with the files that describe the data.
        notes: Remarks that are not problems.
        val_is_drawn: bool. Whether no row was named for validation, so that
            `assign_splits` chose some.
    """

    rows: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    val_is_drawn: bool = False

    def add(self, name, image, captions, split):
        """Adds a row; reports captions that are not valid Unicode."""
        captions = [caption.strip() for caption in captions]
        good = [caption for caption in captions if _is_unicode(caption)]
        if len(good) < len(captions):
            self.report("corrupt", name, "a caption is not valid Unicode")
        self.rows.append(
            {"id": name, "image": str(image), "captions": good, "split": split}
        )

    def report(self, kind, where, detail):
        """Adds a problem."""
        self.problems.append(Problem(kind, str(where), detail))

    def skip(self, where, detail):
        """Adds a problem of one row, which is left out."""
        self.problems.append(Problem("corrupt", str(where), detail, True))

    def raise_if_corrupt(self):
        """Raises a `ValueError` that names what could not be read, if any.

        Skipped rows are allowed, unless all rows are skipped.
        """
        broken = [p for p in self.problems if p.kind in ("corrupt", "missing")]
        skipped = [p for p in broken if p.skippable]
        if len(broken) > len(skipped) or (broken and not self.rows):
            raise ValueError(
                "The data cannot be read completely. Received: "
                f"{_first_causes(broken)}. `mmkeras check` lists all problems."
            )

    def skip_summary(self):
        """Returns a note on the rows that are skipped, or ""."""
        skipped = [p for p in self.problems if p.skippable]
        if not skipped:
            return ""
        return (
            f"Rows that cannot be read and are skipped: {len(skipped)}. "
            f"{_first_causes(skipped, 20)}. `mmkeras check` lists all problems."
        )

    def split(self, split, warn=True):
        """Returns the rows of a split, without images that lack captions.

        Args:
            split: One of `SPLITS`.
            warn: bool. Whether to warn of rows that are left out.

        Raises:
            ValueError: If the split is unknown or has no rows, or if some
                line could not be read.
        """
        check_split(split)
        self.raise_if_corrupt()
        if warn and self.skip_summary():
            warnings.warn(self.skip_summary(), stacklevel=3)
        rows = [
            _without_empty_captions(row)
            for row in self.rows
            if row["split"] == split
        ]
        rows = [row for row in rows if row.get("captions") != []]
        if not rows:
            kind = "rows"
            if any("captions" in row for row in self.rows):
                kind = "rows with captions"
            names = sorted({str(row["split"]) for row in self.rows})
            raise ValueError(
                f"Expected {kind} in split {split!r}. Received rows of: "
                f"{', '.join(names) or 'no split'}."
            )
        return rows

    def parse_entries(self, path, entries, parse, form):
        """Parses each entry of a file's list; reports malformed ones.

        Args:
            path: The file, for the report.
            entries: Iterable of entries.
            parse: Function of an entry's number, from 0, and the entry.
            form: What an entry is expected to be, for the report.

        Yields:
            Results of `parse`.
        """
        for number, entry in enumerate(entries):
            try:
                result = parse(number, entry)
            except _FORM_ERRORS as error:
                detail = f"expected {form}: {error!r}"
                self.report("corrupt", f"{path}: {number}", detail)
            else:
                yield result

    def assign_splits(self, places, stratify=False):
        """Draws splits that the table does not name; see `splits.assign`.

        Args:
            places: Where each row is, such as `table.csv:7`, to report those
                without a split if others have one.
            stratify: bool. As of `splits.assign`.
        """
        if any(row["split"] for row in self.rows):
            for row, place in zip(self.rows, places):
                if not row["split"]:
                    detail = (
                        "expected train, val or test in `split`, as in the "
                        "other rows. Received: nothing"
                    )
                    self.skip(place, detail)
        has_val = self._has_val()
        self.notes += splits.assign(self.rows, stratify)
        self.val_is_drawn = not has_val and self._has_val()

    def _has_val(self):
        return any(row["split"] == "val" for row in self.rows)

    def hold_out_validation(self, fraction, seed):
        """Moves random groups of the training split to validation.

        Args:
            fraction: float. Fraction of the training groups to move.
            seed: int.
        """
        rows = [row for row in self.rows if row["split"] == "train"]
        groups = sorted({row["group"] for row in rows})
        order = np.random.default_rng(seed).permutation(len(groups))
        validation = {groups[i] for i in order[: round(fraction * len(groups))]}
        for row in rows:
            row["split"] = "val" if row["group"] in validation else "train"


def _without_empty_captions(row):
    """Returns a row without its empty captions, if it is captioned."""
    if "captions" not in row:
        return row
    return {**row, "captions": [text for text in row["captions"] if text]}


def _first_causes(problems, count=3):
    """Joins the first causes of problems in one line."""
    causes = summarize(problems)
    more = f" and {len(causes) - count} more" * (len(causes) > count)
    return "; ".join(causes[:count]) + more


def check_split(split):
    """Raises a `ValueError` if a split is not one of `SPLITS`."""
    if split not in SPLITS:
        raise ValueError(
            f"`split` must be one of {', '.join(map(repr, SPLITS))}. "
            f"Received: split={split!r}"
        )


def find_folder(name, folder, source):
    """Finds the folder of a data set.

    Args:
        name: Name of the data set.
        folder: The folder, or None for `$MMKERAS_DATA/<name>`.
        source: Where to get the data, for the error.

    Returns:
        An absolute `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    path = folder
    if path is None and os.environ.get("MMKERAS_DATA"):
        path = pathlib.Path(os.environ["MMKERAS_DATA"], name)
    if path is None or not pathlib.Path(path).exists():
        raise FileNotFoundError(
            f"Data of {name!r} not found. Received: folder={path}. {source} "
            "Then pass `folder` (`--folder`), or put the data into a folder "
            f"{name!r} and set MMKERAS_DATA to its parent folder."
        )
    return pathlib.Path(path).absolute()


def first_existing(*paths):
    """Returns the first path that exists, or the first."""
    return next((path for path in paths if path.exists()), paths[0])


def is_image(path):
    """Returns whether a file is an image, by its suffix."""
    return path.suffix.lower() in IMAGES


def report_unlisted_images(folder, data):
    """Reports the images in a folder that no row refers to."""
    if any(problem.kind == "missing" for problem in data.problems):
        return  # Without captions, or a list, no image has a row.
    paths = {row["image"] for row in data.rows}
    for file in sorted(folder.glob("*")):
        if is_image(file) and str(file) not in paths:
            data.report("unpaired", file, "an image without captions")


def matching_files(folder, *patterns):
    """Lists the files in a folder that match a pattern."""
    return sorted({file for p in patterns for file in folder.glob(p)})


def only_file(path, *patterns):
    """Returns a file itself, or the only one in a folder that matches.

    Raises:
        FileNotFoundError: If none or several match.
    """
    if path.is_file():
        return path
    matches = matching_files(path, *patterns)
    if len(matches) != 1:
        raise FileNotFoundError(
            f"Expected exactly one file {' or '.join(patterns)} in {path}. "
            f"Received: {[file.name for file in matches] or 'none'}. Pass the "
            "path of the file instead."
        )
    return matches[0]


def read_json(path, data, key=None, kind=list):
    """Reads a list from a JSON file.

    Args:
        path: The file.
        data: The `Dataset` that collects problems.
        key: Key of the list, if the file holds an object; or `None`.
        kind: `list`, or `dict` to read an object.

    Returns:
        The list; an empty one if it cannot be read.
    """
    if not path.exists():
        data.report("missing", path, "the file")
        return kind()
    try:
        value = json.loads(path.read_bytes())
        value = value[key] if key else value
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        data.report(
            "corrupt", path, f"not JSON of the expected form: {error!r}"
        )
        return kind()
    if isinstance(value, kind):
        return value
    data.report("corrupt", path, f"expected a {kind.__name__}")
    return kind()


def _is_unicode(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def canonical_split(text):
    """Returns the split that a name such as "validation" means, or None."""
    name = text.strip().lower()
    name = _OTHER_NAMES.get(name, name)
    return name if name in SPLITS else None


def row_split(values):
    """Returns the split of a row of a table, or None.

    Raises:
        ValueError: If the row names an unknown split.
    """
    name = values.get("split")
    name = "" if name is None else str(name).strip()
    split = canonical_split(name) if name else None
    if name and not split:
        raise ValueError(
            "expected train, val or test in `split`. Received: "
            f"{values['split']!r}"
        )
    return split


def lines(path, data, skip=False):
    """Reads a text file's lines; reports those that are not valid UTF-8.

    Args:
        path: The file.
        data: The `Dataset` that collects problems.
        skip: bool. Whether the valid lines can be used without those.

    Yields:
        Tuples of the line's number, from 1, and its text.
    """
    report = data.skip if skip else functools.partial(data.report, "corrupt")
    try:
        content = files.read(path).removeprefix(b"\xef\xbb\xbf")
    except ValueError as error:
        report(path, str(error))
        return
    for number, line in enumerate(content.splitlines(), 1):
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError as error:
            report(f"{path}:{number}", f"not valid UTF-8: {error}")
