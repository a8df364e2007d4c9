"""What the data sets have in common: folders, splits and rows."""

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
IMAGES = (".jpg", ".jpeg", ".jfif", ".png", ".gif", ".bmp", ".webp")
_OTHER_NAMES = {
    "training": "train",
    "restval": "train",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "testing": "test",
}
_OF_ANOTHER_FORM = (
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)


@dataclasses.dataclass
class Scan:
    """All that was found in a folder.

    Attributes:
        rows: List of dicts: `"id"`; `"image"`, a path; `"captions"`, a list
            of strings, empty where there is none; `"split"`, one of `SPLITS`
            or None.
        problems: What is wrong with the files that describe the data.
        notes: What is worth knowing but no problem.
    """

    rows: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def add(self, name, image, captions, split):
        """Adds a row; captions that are no Unicode are blamed instead."""
        captions = [caption.strip() for caption in captions]
        good = [caption for caption in captions if _is_unicode(caption)]
        if len(good) < len(captions):
            self.blame("corrupt", name, "a caption is not valid Unicode")
        self.rows.append(
            {"id": name, "image": str(image), "captions": good, "split": split}
        )

    def blame(self, kind, where, detail):
        """Adds a problem."""
        self.problems.append(Problem(kind, str(where), detail))

    def skip(self, where, detail):
        """Adds a problem of one row, which is left out."""
        self.problems.append(Problem("corrupt", str(where), detail, True))

    def refuse_damage(self):
        """Raises a `ValueError` that names what could not be read, if any.

        Rows that are skipped are no obstacle, unless none is left.
        """
        broken = [p for p in self.problems if p.kind in ("corrupt", "missing")]
        skipped = [p for p in broken if p.skippable]
        if len(broken) > len(skipped) or (broken and not self.rows):
            raise ValueError(
                "The data cannot be read completely. Received: "
                f"{_named(broken)}. `mmkeras check` lists all problems."
            )

    def skipped(self):
        """Names the rows that cannot be read and are left out, or ""."""
        skipped = [p for p in self.problems if p.skippable]
        if not skipped:
            return ""
        return (
            f"Rows that cannot be read and are skipped: {len(skipped)}. "
            f"{_named(skipped, 20)}. `mmkeras check` lists all problems."
        )

    def of_split(self, split, warn=True):
        """Returns the rows of a split; of captions, those that have one.

        Args:
            split: One of `SPLITS`.
            warn: bool. Whether to warn of rows that are left out.

        Raises:
            ValueError: If the split is unknown or has no rows, or if some
                line could not be read.
        """
        check_split(split)
        self.refuse_damage()
        if warn and self.skipped():
            warnings.warn(self.skipped(), stacklevel=3)
        rows = [_captioned(row) for row in self.rows if row["split"] == split]
        rows = [row for row in rows if row.get("captions") != []]
        if not rows:
            kind = "rows"
            if any("captions" in row for row in self.rows):
                kind = "rows with captions"
            known = sorted({str(row["split"]) for row in self.rows})
            raise ValueError(
                f"Expected {kind} in split {split!r}. Received rows of: "
                f"{', '.join(known) or 'no split'}."
            )
        return rows

    def made(self, path, entries, make, form):
        """Makes something of each entry of a file's list.

        Args:
            path: The file, by which entries of another form are blamed.
            entries: Iterable of entries.
            make: Function of an entry's number, from 0, and the entry.
            form: What an entry is expected to be, for the blame.

        Yields:
            What was made.
        """
        for number, entry in enumerate(entries):
            try:
                made = make(number, entry)
            except _OF_ANOTHER_FORM as error:
                detail = f"expected {form}: {error!r}"
                self.blame("corrupt", f"{path}: {number}", detail)
            else:
                yield made

    def assign_splits(self, places, stratify=False):
        """Draws splits that the table does not name; see `splits.assign`.

        Args:
            places: Where each row is, such as `table.csv:7`, to name those
                that have no split though others have one.
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
        self.notes += splits.assign(self.rows, stratify)

    def hold_out(self, share, seed):
        """Makes some of the training groups the validation split.

        Args:
            share: float. Of all training groups.
            seed: int. Draws which.
        """
        rows = [row for row in self.rows if row["split"] == "train"]
        groups = sorted({row["group"] for row in rows})
        order = np.random.default_rng(seed).permutation(len(groups))
        held = {groups[i] for i in order[: round(share * len(groups))]}
        for row in rows:
            row["split"] = "val" if row["group"] in held else "train"


def _captioned(row):
    """A row without its empty captions, if it has any captions at all."""
    if "captions" not in row:
        return row
    return {**row, "captions": [text for text in row["captions"] if text]}


def _named(problems, shown=3):
    """Names some problems, one per cause."""
    causes = summarize(problems)
    more = f" and {len(causes) - shown} more" * (len(causes) > shown)
    return "; ".join(causes[:shown]) + more


def check_split(split):
    """Raises a `ValueError` that names the splits, if it is none of them."""
    if split not in SPLITS:
        raise ValueError(
            f"`split` must be one of {', '.join(map(repr, SPLITS))}. "
            f"Received: split={split!r}"
        )


def locate(name, folder, source):
    """Finds the folder of a data set.

    Args:
        name: Name of the data set.
        folder: The folder, or None for `$MMKERAS_DATA/<name>`.
        source: Where the data can be had, for the error.

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
    """Tells by its name whether a file is an image."""
    return path.suffix.lower() in IMAGES


def blame_others(folder, scan):
    """Blames the images in a folder that no row knows."""
    if any(problem.kind == "missing" for problem in scan.problems):
        return  # Without captions, or a list, no image has a row.
    known = {row["image"] for row in scan.rows}
    for file in sorted(folder.glob("*")):
        if is_image(file) and str(file) not in known:
            scan.blame("unpaired", file, "an image without captions")


def matching(folder, *patterns):
    """Lists the files in a folder that match a pattern."""
    return sorted({file for p in patterns for file in folder.glob(p)})


def only_file(path, *patterns):
    """Returns a file itself, or the only one in a folder that matches.

    Raises:
        FileNotFoundError: If none or several match.
    """
    if path.is_file():
        return path
    found = matching(path, *patterns)
    if len(found) != 1:
        raise FileNotFoundError(
            f"Expected exactly one file {' or '.join(patterns)} in {path}. "
            f"Received: {[file.name for file in found] or 'none'}. Pass the "
            "path of the file instead."
        )
    return found[0]


def entries(path, scan, key=None, kind=list):
    """Reads a JSON file's list.

    Args:
        path: The file.
        scan: The `Scan` that takes note of what is wrong.
        key: Where the list lies in an object, or `None`.
        kind: `list`, or `dict` for an object instead.

    Returns:
        The list; an empty one if it cannot be read.
    """
    if not path.exists():
        scan.blame("missing", path, "the file")
        return kind()
    try:
        found = json.loads(path.read_bytes())
        found = found[key] if key else found
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        scan.blame("corrupt", path, f"not JSON of the expected form: {error!r}")
        return kind()
    if isinstance(found, kind):
        return found
    scan.blame("corrupt", path, f"expected a {kind.__name__}")
    return kind()


def _is_unicode(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def split_named(text):
    """Returns the split that a name such as "validation" means, or None."""
    name = text.strip().lower()
    name = _OTHER_NAMES.get(name, name)
    return name if name in SPLITS else None


def split_in(values):
    """Returns the split that a line of a table names, or None.

    Raises:
        ValueError: If it names another.
    """
    name = values.get("split")
    name = "" if name is None else str(name).strip()
    split = split_named(name) if name else None
    if name and not split:
        raise ValueError(
            "expected train, val or test in `split`. Received: "
            f"{values['split']!r}"
        )
    return split


def lines(path, scan, skip=False):
    """Reads a text file's lines, blaming those that are not valid UTF-8.

    Args:
        path: The file.
        scan: The `Scan` that takes note of problems.
        skip: bool. Whether the other lines can be used without those.

    Yields:
        Tuples of the line's number, from 1, and its text.
    """
    blame = scan.skip if skip else functools.partial(scan.blame, "corrupt")
    try:
        data = files.read(path).removeprefix(b"\xef\xbb\xbf")
    except ValueError as error:
        blame(path, str(error))
        return
    for number, line in enumerate(data.splitlines(), 1):
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError as error:
            blame(f"{path}:{number}", f"not valid UTF-8: {error}")
