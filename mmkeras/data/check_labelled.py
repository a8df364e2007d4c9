"""Checks a data set of labelled examples of several modalities."""

import collections
import hashlib

import numpy as np

from mmkeras.data import codecs
from mmkeras.data import examples
from mmkeras.data import files
from mmkeras.data import label_kinds
from mmkeras.data.problems import Problem
from mmkeras.data.problems import unreadable

_CODECS = {"image": codecs.Image((16, 16)), "audio": codecs.Audio(8000, 0.1)}
_BATCH = 64


def problems(rows, progress, published=False):
    """Reads all files of rows and yields what is wrong.

    Args:
        rows: Rows of a data set with `"label"`.
        progress: Function of the files done and in all.
        published: bool. Whether the splits are those of a published data set,
            in which files that are in two splits are `duplicate`.

    Yields:
        `Problem`s: `missing`, `corrupt` and `empty` files, numbers that are
        not finite, features of another shape than most of their field,
        examples with no input at all (`empty`), and a file
        or a group that is in two splits (`leak`).
    """
    yield from _other_shapes(rows)
    for row, blank in zip(rows, _blank_texts(rows)):
        fields = examples.modalities(row)
        if not fields or (blank and fields == ["text"]):
            yield Problem(
                "empty",
                row["id"],
                "example has no input: all modalities are missing",
            )
        for name in fields:
            value = row[name]
            bad = isinstance(value, np.ndarray) and not np.isfinite(value).all()
            if bad:
                detail = f"{name} has values that are not finite"
                yield Problem("corrupt", row["id"], detail)
    different = {
        name: list(dict.fromkeys(r[name] for r in rows if _in_file(r, name)))
        for name in _CODECS
    }
    whose = _whose(rows)
    done, total = 0, sum(map(len, different.values()))
    for name, values in different.items():
        for i in range(0, len(values), _BATCH):
            yield from _decode(name, values[i : i + _BATCH], whose)
            progress(done + min(i + _BATCH, len(values)), total)
        done += len(values)
    yield from _leaks(rows, published)


def _blank_texts(rows):
    """Whether each row's text is absent to a model, such as white space."""
    texts = [row.get("text") for row in rows]
    if not rows or not all(isinstance(text, str | None) for text in texts):
        return [False] * len(rows)
    words = codecs.Text([], emoji="keep")
    _, present, _ = words.encode(words.pack(texts))
    return (~present.numpy()).tolist()


def describe(rows):
    """Says what the labels of rows are, in a line."""
    return label_kinds.describe([row["label"] for row in rows])


def counts(rows):
    """Counts rows by split, by what is there, and by label.

    Returns:
        Dict for a table.
    """
    splits = collections.Counter(row["split"] for row in rows)
    there = collections.Counter(
        (row["split"], " + ".join(examples.modalities(row)) or "nothing")
        for row in rows
    )
    found = {
        "examples": len(rows),
        "splits": {s: n for s, n in splits.items() if s},
    }
    for split in found["splits"]:
        found[f"{split} with"] = {
            names: n for (s, names), n in there.items() if s == split
        }
    labels = [row["label"] for row in rows]
    if all(map(label_kinds.is_number, labels)):
        found["label"] = {"least": min(labels), "most": max(labels)}
        return found
    each = collections.Counter(
        name for label in labels for name in label_kinds.names_in(label)
    )
    found["labels"] = dict(each.most_common(20))
    return found


def _other_shapes(rows):
    """Names features of another shape than most of their field in training."""
    arrays = collections.defaultdict(list)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, np.ndarray) and value.ndim in (1, 2):
                arrays[name].append((row, value))
    for name, found in arrays.items():
        train = [value for row, value in found if row["split"] == "train"]
        codec = codecs.Features.from_arrays(train or [v for _, v in found])
        for row, value in found:
            if not codec.fits(value):
                detail = (
                    f"{name} has shape {value.shape}, most other rows have "
                )
                detail += str(codec.expected)
                yield Problem("corrupt", row["id"], detail)


def _in_file(row, name):
    return isinstance(row.get(name), (str, bytes)) and bool(row[name])


def _decode(name, values, whose):
    """Decodes files, small, and names those that cannot be."""
    read = []
    for value in values:
        where = whose.get(value, value)
        if isinstance(value, str):
            try:
                value = files.read(value)
            except ValueError as error:
                yield unreadable(where, f"the {name}", str(error))
                continue
        if value:
            read.append((where, value))
        else:
            yield Problem("empty", where, f"the {name}")
    _, errors = _CODECS[name].read([value for _, value in read])
    for (where, _), error in zip(read, errors):
        if error:
            yield Problem("corrupt", where, error.decode("utf-8"))


def _whose(rows):
    """Names the bytes that lie in no file by the first row that has them."""
    found = {}
    for row in rows:
        for name in _CODECS:
            if isinstance(row.get(name), bytes):
                found.setdefault(row[name], f"{row['id']}: {name}")
    return found


def _leaks(rows, published):
    """Names groups, and files by their content, that are in two splits."""
    splits, digests = collections.defaultdict(dict), {}
    for row in rows:
        if row.get("group") is not None:
            splits["group", row["group"]][row["split"]] = row["group"]
        for name in _CODECS:
            if _in_file(row, name):
                value = row[name]
                where = row["id"] if isinstance(value, bytes) else value
                if value not in digests:
                    digests[value] = _digest(value)
                splits[name, digests[value]][row["split"]] = where
    for (kind, _), found in splits.items():
        if len(found.keys() - {None}) > 1:
            named = " and ".join(sorted(s for s in found if s))
            where = next(iter(found.values()))
            known = published and kind != "group"
            leak = "duplicate" if known else "leak"
            yield Problem(leak, where, f"the {kind} is in {named}")


def _digest(value):
    if isinstance(value, str):
        try:
            value = files.read(value)
        except ValueError:
            return value
    return hashlib.sha256(value).digest()
