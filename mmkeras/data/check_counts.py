"""Counts the examples, splits, modalities and labels of a data set."""

import collections
import statistics

from mmkeras.data import examples
from mmkeras.data import label_kinds
from mmkeras.data.codecs import scripts
from mmkeras.data.splits import SPLITS


def count(rows):
    """Counts rows by split, and their captions or their labels.

    Args:
        rows: Rows of a data set.

    Returns:
        Dict; see `check.Report.counts`.
    """
    if any("label" in row for row in rows):
        return _count_labels(rows)
    if rows and not any("captions" in row for row in rows):
        return _count_modalities(rows)
    return _count_captions(rows)


def _count_captions(rows):
    captions = [caption for row in rows for caption in row["captions"]]
    return {
        "images": len({row["image"] for row in rows}),
        "captions": len(captions),
        "splits": _splits(rows),
        "captions per image": _range([len(row["captions"]) for row in rows]),
        "words per caption": _range([_words(c) for c in captions]),
    }


def _count_modalities(rows):
    """Counts rows by split, and by modalities."""
    combinations = collections.Counter(
        (row["split"], " + ".join(examples.modalities(row)) or "nothing")
        for row in rows
    )
    counts = {"examples": len(rows), "splits": _splits(rows)}
    for split in counts["splits"]:
        counts[f"{split} with"] = {
            names: n for (s, names), n in combinations.items() if s == split
        }
    return counts


def _count_labels(rows):
    """Counts rows by split, by modalities, and by label."""
    counts = _count_modalities(rows)
    labels = [row["label"] for row in rows]
    if all(map(label_kinds.is_number, labels)):
        counts["label"] = {"min": min(labels), "max": max(labels)}
        return counts
    names = collections.Counter(
        name for label in labels for name in label_kinds.names_in(label)
    )
    counts["labels"] = dict(names.most_common(20))
    return counts


def _splits(rows):
    counts = collections.Counter(row["split"] for row in rows)
    return {split: counts[split] for split in SPLITS if counts[split]}


def _words(caption):
    return len(scripts.spaced(caption).split())


def _range(numbers):
    if not numbers:
        return {}
    return {
        "min": min(numbers),
        "mean": round(statistics.fmean(numbers), 2),
        "max": max(numbers),
    }
