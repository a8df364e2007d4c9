"""Assigns rows of a table without splits to training, validation and test.

Rows of one group or one image are in the same split. Splits are stratified by
class, and each class has at least one example in training if possible. A hash
decides, so the same table always gives the same splits.
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
_FILES = ("image", "audio", "video")
_HEAD = 4096  # Bytes.


def assign(rows, stratify=False):
    """Fills in missing values of `"split"`.

    Args:
        rows: List of dicts with `"id"`, `"split"`, and any of `"group"`,
            `"image"`, `"audio"` and `"video"`, paths or the bytes of files,
            and `"label"`. They are changed in place.
        stratify: bool. Whether to stratify the splits by label.

    Returns:
        List of notes, one sentence each.
    """
    named = {row["split"] for row in rows if row["split"]}
    if not rows:
        return []
    if not named:
        _assign(rows, ("val", "test"), stratify)
        counts = collections.Counter(row["split"] for row in rows)
        sizes = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
        return [
            "The table names no splits, so rows are assigned by a hash: "
            f"{sizes}."
        ]
    if "train" in named and "val" not in named:
        train = [row for row in rows if row["split"] == "train"]
        _assign(train, ("val",), stratify)
        count = sum(row["split"] == "val" for row in train)
        return [
            f"There are no rows of split val, so a hash assigns {count} of "
            f"the {len(train)} training rows to validation."
        ]
    return []


def folds(rows, count):
    """Divides rows into folds; a hash decides, as in `assign`.

    Args:
        rows: As of `assign`; those with a `"label"` are stratified by it.
        count: int. Number of folds.

    Returns:
        List with the number of each row's fold, from 0.

    Raises:
        ValueError: If there are fewer groups, or rows, than folds.
    """
    units = _units(rows)
    if len(units) < count:
        raise ValueError(
            f"{count} folds need as many rows, or groups of rows. Received: "
            f"{len(units)}"
        )
    has_labels = all(row.get("label") is not None for row in rows)
    strata = _strata(rows, units) if has_labels else {None: list(units)}
    numbers = [0] * len(rows)
    for position, key in enumerate(k for keys in strata.values() for k in keys):
        for i in units[key]:
            numbers[i] = position % count
    return numbers


def sample(rows, share, seed=0):
    """Chooses a share of rows; a hash of the seed decides.

    Rows of one group, image or audio file stay together, and classes keep
    their shares. With the same seed, a smaller share is part of a larger one.

    Args:
        rows: As of `folds`.
        share: float in (0, 1]. Share of the groups of rows; at least one is
            chosen.
        seed: int.

    Returns:
        List of the rows, in their order; and the numbers of groups that were
        chosen and that there are.
    """
    units = _units(rows)
    has_labels = all(row.get("label") is not None for row in rows)
    strata = _strata(rows, units) if has_labels else {None: list(units)}
    ranks = {}
    for name, keys in strata.items():
        offset = int.from_bytes(_digest((seed, name))[:6]) / 2**48
        keys = sorted(keys, key=lambda key: _digest((seed, key)))
        ranks |= {k: (i + offset) / len(keys) for i, k in enumerate(keys)}
    count = max(round(share * len(units)), 1)
    chosen = sorted(units, key=lambda key: (ranks[key], _digest(key)))[:count]
    indices = sorted(i for key in chosen for i in units[key])
    return [rows[i] for i in indices], count, len(units)


def _assign(rows, splits, stratify):
    """Assigns a tenth of the rows to each split, the rest to train."""
    units = _units(rows)
    strata = _strata(rows, units) if stratify else {None: list(units)}
    remaining = {name: list(keys) for name, keys in strata.items()}
    total = (len(units) + _TENTH // 2) // _TENTH
    assignment = dict.fromkeys(units, "train")
    for split in splits:
        size = max(total, 1) if split == "val" else total
        shares = _allot(
            size, {name: len(keys) for name, keys in remaining.items()}
        )
        for name, count in shares.items():
            for key in remaining[name][:count]:
                assignment[key] = split
            remaining[name] = remaining[name][count:]
    if stratify:
        _move_to_train(rows, units, assignment)
    for key, members in units.items():
        for i in members:
            rows[i]["split"] = assignment[key]


def _units(rows):
    """Joins rows that must share a split.

    Returns:
        Dict from a key to the indices of rows, ordered by a hash of the key.
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
    units = {}
    for indices in members.values():  # Paths differ between machines.
        key = rows[indices[0]].get("group") or rows[indices[0]]["id"]
        units[(key, indices[0]) if key in units else key] = indices
    return dict(sorted(units.items(), key=lambda item: _digest(item[0])))


def _digest(value):
    text = str(value).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).digest()


def _links(rows):
    """Yields the values that link each row to others of its split."""
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
    for measure in (_size, _head, _digest_of):  # Few files are read whole.
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
    """Returns the size of a regular, non-empty file, or otherwise the path."""
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
    """Groups units by their rarest label, or numbers by quantile."""
    labels = [row["label"] for row in rows]
    if all(map(label_kinds.is_number, labels)):
        bins = max(1, min(_BINS, len(units) // _TENTH))
        ranked = sorted(units, key=lambda key: labels[units[key][0]])
        stratum_of = {
            key: i * bins // len(units) for i, key in enumerate(ranked)
        }
    else:
        names = [label_kinds.names_in(label) for label in labels]
        counts = collections.Counter(name for each in names for name in each)
        stratum_of = {
            key: min(
                (name for i in members for name in names[i]),
                key=lambda name: (counts[name], name),
                default="",
            )
            for key, members in units.items()
        }
    strata = collections.defaultdict(list)
    for key in units:
        strata[stratum_of[key]].append(key)
    return dict(strata)


def _allot(total, sizes):
    """Distributes a number over strata by size, keeping one unit of each.

    Args:
        total: int.
        sizes: Dict from strata to their sizes.

    Returns:
        Dict from strata to ints that sum to `total`, or less if the strata are
        too small.
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
        names = [n for n in order if shares[n] < sizes[n] - 1][:missing]
        if not names:
            break
        for name in names:
            shares[name] += 1
        missing -= len(names)
    return shares


def _move_to_train(rows, units, assignment):
    """Moves units to training if one of their labels is missing there."""
    train_names = set()
    for split in ("train", "val", "test"):
        for key, members in units.items():
            if assignment[key] != split:
                continue
            names = {
                name
                for i in members
                for name in label_kinds.names_in(rows[i]["label"])
            }
            if not names <= train_names:
                assignment[key] = "train"
                train_names |= names
