"""Finds images, audio, videos, groups and names that are in several splits."""

import collections

from mmkeras.data import check_files
from mmkeras.data import files
from mmkeras.data import fingerprint
from mmkeras.data.problems import Problem
from mmkeras.files import digests

_EMPTY = digests.digest(b"")


def problems(rows, published=False):
    """Compares rows by names, groups and the contents of files.

    Args:
        rows: Rows of a data set.
        published: bool. Whether the splits are those of a published data set,
            in which files of equal content are `duplicate` in any case.

    Yields:
        `Problem`s: `leak`, an image with captions, a group, or a file by its
        content, that is in several splits; `duplicate`, an image with captions
        that equals another of its split.
    """
    yield from _names(rows)
    for field in check_files.CODECS:
        for group in _contents(rows, field):
            yield from _compare(group, field, published)


def _names(rows):
    """Finds names of images with captions, and groups, in several splits."""
    splits = collections.defaultdict(list)
    for row in rows:
        if "captions" in row:
            splits["", row["id"]].append(row["split"])
        elif row.get("group") is not None:
            splits["the group ", row["group"]].append(row["split"])
    for (prefix, name), names in splits.items():
        if len({*names} - {None}) > 1:
            yield Problem("leak", name, f"{prefix}is in {_join(names)}")


def _contents(rows, field):
    """Lists the rows of each content, one for each file and split."""
    hashes = _digests(check_files.in_files(rows, field))
    contents = collections.defaultdict(dict)
    for row in rows:
        value = row.get(field)
        if isinstance(value, (str, bytes)) and value in hashes:
            key = row["id"] if "captions" in row else value, row["split"]
            where = check_files.where(row, field)
            contents[hashes[value]].setdefault(key, (where, row))
    return [list(group.values()) for group in contents.values()]


def _compare(group, field, published):
    """Compares the rows of one content with the first of them."""
    (first, one), *others = group
    for where, row in others:
        has_captions = "captions" in row
        if has_captions and row["id"] == one["id"]:
            continue  # A name in two splits: reported by `_names`.
        detail = f"has the same content as {first}"
        splits = [one["split"], row["split"]]
        if None not in splits and splits[0] != splits[1]:
            start = f"the {field}" if where == first else f"{detail} and"
            kind = "duplicate" if published else "leak"
            yield Problem(kind, where, f"{start} is in {_join(splits)}")
        elif has_captions and splits[0] == splits[1]:
            yield Problem("duplicate", where, detail)


def _join(splits):
    return " and ".join(dict.fromkeys(str(s) for s in splits if s))


def _digests(values):
    """Returns a dict from readable, non-empty files to digests."""
    readable = [
        value
        for value in values
        if isinstance(value, bytes) or not files.why_unreadable(value)
    ]
    pairs = [*zip(readable, digests.digests(readable))]
    pairs += [(value, fingerprint.frames_digest(value)) for value in values]
    return {v: digest for v, digest in pairs if digest not in (None, _EMPTY)}
