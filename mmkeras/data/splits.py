"""Draws training, validation and test rows of a table that names none.

Rows that belong together, of one group or one image, are never separated.
Each class has its share in every split, and at least one example in training
where that is possible. A hash decides, so the same table always gives the
same splits.
"""

import collections
import fractions
import hashlib
import os
import pathlib

from mmkeras.data import files
from mmkeras.data import label_kinds

SPLITS = ("train", "val", "test")
_TENTH = 10  # One row in ten is for validation, and one for testing.
_BINS = 5  # Numbers are stratified by their quantiles.
_FILES = ("image", "audio")
_HEAD = 4096  # Bytes.


def assign(rows, stratify=False):
    """Fills in `"split"` where a table does not name it.

    Args:
        rows: List of dicts with `"id"`, `"split"`, and any of `"group"`,
            `"image"` and `"audio"`, paths or the bytes of files, and
            `"label"`. They are changed.
        stratify: bool. Whether to give each label its share in all splits.

    Returns:
        List of notes, a sentence each.
    """
    named = {row["split"] for row in rows if row["split"]}
    if not rows:
        return []
    if not named:
        _draw(rows, ("val", "test"), stratify)
        counts = collections.Counter(row["split"] for row in rows)
        drawn = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
        return [
            "The table names no splits, so rows are assigned by a hash: "
            f"{drawn}."
        ]
    if "train" in named and "val" not in named:
        train = [row for row in rows if row["split"] == "train"]
        _draw(train, ("val",), stratify)
        drawn = sum(row["split"] == "val" for row in train)
        return [
            f"There are no rows of split val, so a hash assigns {drawn} of "
            f"the {len(train)} training rows to validation."
        ]
    return []


def _draw(rows, splits, stratify):
    """Gives a tenth of the rows to each of some splits, the rest to train."""
    units = _units(rows)
    strata = _strata(rows, units) if stratify else {None: list(units)}
    left = {name: list(keys) for name, keys in strata.items()}
    total = (len(units) + _TENTH // 2) // _TENTH
    chosen = dict.fromkeys(units, "train")
    for split in splits:
        wanted = max(total, 1) if split == "val" else total
        shares = _allot(
            wanted, {name: len(keys) for name, keys in left.items()}
        )
        for name, count in shares.items():
            for key in left[name][:count]:
                chosen[key] = split
            left[name] = left[name][count:]
    if stratify:
        _train_each_label(rows, units, chosen)
    for key, members in units.items():
        for i in members:
            rows[i]["split"] = chosen[key]


def _units(rows):
    """Joins rows that must share a split.

    Returns:
        Dict from a key to the places of rows, ordered by a hash of the key.
    """
    parents = list(range(len(rows)))

    def root(i):
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    first = {}
    for i, links in enumerate(_links(rows)):
        for link in links:
            parents[root(i)] = root(first.setdefault(link, i))
    members = collections.defaultdict(list)
    for i in range(len(rows)):
        members[root(i)].append(i)
    keyed = {}
    for places in members.values():  # Paths would differ between machines.
        key = rows[places[0]].get("group") or rows[places[0]]["id"]
        keyed[(key, places[0]) if key in keyed else key] = places
    return dict(sorted(keyed.items(), key=lambda item: _digest(item[0])))


def _digest(value):
    text = str(value).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).digest()


def _links(rows):
    """Yields what each row shares with the rows that it belongs to."""
    contents = _contents(rows)
    for row in rows:
        links = [("group", row.get("group"))]
        links += [
            (name, contents.get(row[name]))
            for name in _FILES
            if isinstance(row.get(name), (str, bytes))
        ]
        yield [link for link in links if link[1] is not None]


def _contents(rows):
    """Finds files of the same content.

    Returns:
        Dict from paths, or bytes, to the first of that content.
    """
    paths = dict.fromkeys(
        row[name]
        for row in rows
        for name in _FILES
        if isinstance(row.get(name), (str, bytes)) and row[name]
    )
    groups = {(): list(paths)}
    for measure in (_size, _head, _digest_of):  # Few are read as a whole.
        finer = collections.defaultdict(list)
        for key, group in groups.items():
            for path in group:
                finer[*key, measure(path)].append(path)
        groups = {key: group for key, group in finer.items() if len(group) > 1}
    first = {path: path for path in paths}
    for group in groups.values():
        first.update(dict.fromkeys(group, group[0]))
    return first


def _size(path):
    """The size of a regular file; of any other, and an empty one, the path."""
    if isinstance(path, bytes):
        return len(path)
    try:
        return pathlib.Path(path).is_file() and os.path.getsize(path) or path
    except (OSError, ValueError):
        return path


def _head(path):
    if isinstance(path, bytes):
        return path[:_HEAD]
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except OSError:
        return path


def _digest_of(path):
    try:
        data = path if isinstance(path, bytes) else files.read(path)
        return hashlib.sha256(data).digest()
    except ValueError:
        return path


def _strata(rows, units):
    """Groups joined rows by their rarest label, or numbers by quantile."""
    labels = [row["label"] for row in rows]
    if all(map(label_kinds.is_number, labels)):
        bins = max(1, min(_BINS, len(units) // _TENTH))
        ranked = sorted(units, key=lambda key: labels[units[key][0]])
        places = {key: i * bins // len(units) for i, key in enumerate(ranked)}
    else:
        names = [label_kinds.names_in(label) for label in labels]
        counts = collections.Counter(name for each in names for name in each)
        places = {
            key: min(
                (name for i in members for name in names[i]),
                key=lambda name: (counts[name], name),
                default="",
            )
            for key, members in units.items()
        }
    strata = collections.defaultdict(list)
    for key in units:
        strata[places[key]].append(key)
    return dict(strata)


def _allot(total, sizes):
    """Shares a number among strata by their sizes, one of each left over.

    Args:
        total: int.
        sizes: Dict from strata to their sizes.

    Returns:
        Dict from strata to ints that sum to `total`, or less if there is not
        enough.
    """
    whole = sum(sizes.values())
    ideal = {
        name: fractions.Fraction(total * size, whole)
        for name, size in sizes.items()
    }
    shares = {
        name: min(int(ideal[name]), size - 1) for name, size in sizes.items()
    }
    order = sorted(
        sizes, key=lambda name: (shares[name] - ideal[name], _digest(name))
    )
    missing = total - sum(shares.values())
    while missing:
        open_to = [n for n in order if shares[n] < sizes[n] - 1][:missing]
        if not open_to:
            break
        for name in open_to:
            shares[name] += 1
        missing -= len(open_to)
    return shares


def _train_each_label(rows, units, chosen):
    """Moves joined rows to training whose label would be missing there."""
    known = set()
    for wanted in ("train", "val", "test"):
        for key, members in units.items():
            if chosen[key] != wanted:
                continue
            names = {
                name
                for i in members
                for name in label_kinds.names_in(rows[i]["label"])
            }
            if not names <= known:
                chosen[key] = "train"
                known |= names
