"""Counts what a data set has."""

import collections
import statistics

from mmkeras.data import examples
from mmkeras.data import label_kinds
from mmkeras.data.codecs import scripts
from mmkeras.data.splits import SPLITS


def count(rows):
    """Counts rows by split, and what they have.

    Args:
        rows: Rows of a data set.

    Returns:
        Dict for a table.
    """
    if any("label" in row for row in rows):
        return _count_labels(rows)
    return _count_captions(rows)


def _count_captions(rows):
    captions = [caption for row in rows for caption in row["captions"]]
    return {
        "images": len({row["image"] for row in rows}),
        "captions": len(captions),
        "splits": _splits(rows),
        "captions per image": _spread([len(row["captions"]) for row in rows]),
        "words per caption": _spread([_words(c) for c in captions]),
    }


def _count_labels(rows):
    """Counts rows by split, by what is there, and by label."""
    there = collections.Counter(
        (row["split"], " + ".join(examples.modalities(row)) or "nothing")
        for row in rows
    )
    found = {"examples": len(rows), "splits": _splits(rows)}
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


def _splits(rows):
    counts = collections.Counter(row["split"] for row in rows)
    return {split: counts[split] for split in SPLITS if counts[split]}


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
