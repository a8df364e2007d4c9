"""Problems that prevent training or skip examples, for `check` and `train`.

Nothing here reads files. `mmkeras check` lists these problems, and training
raises an error if there is one of the kinds in `STOPPING`.
"""

from mmkeras.data import label_kinds
from mmkeras.data.problems import Problem
from mmkeras.data.splits import SPLITS

STOPPING = ("label", "split")


def find(splits):
    """Finds problems of a data set's splits.

    Args:
        splits: Dict from `"train"`, `"val"` and, if there is one, `"test"` to
            lists of rows.

    Yields:
        `Problem`s: `split`, a split that training needs has no rows; `label`,
        training rows that all have the same label; `unseen`, a label of
        another split that no training row has: its example is left out.
    """
    for name in ("train", "val"):
        if not splits.get(name):
            yield Problem("split", name, _EMPTY[name])
    train = splits.get("train") or []
    has_labels = train and "label" in train[0]
    if not has_labels or "history" in train[0] or "candidates" in train[0]:
        return  # Captions, or answers that are generated or ranked.
    labels = {_comparable(row["label"]) for row in train}
    if len(labels) == 1:
        label = repr(train[0]["label"])[:80]
        detail = (
            f"all {len(train)} training rows have the label {label}: expected "
            "at least two different labels"
        )
        yield Problem("label", "train", detail)
    if "question" not in train[0]:  # Answers may be new, and count as wrong.
        yield from _unseen(splits)


def of_dataset(data):
    """Finds problems of a whole data set.

    Args:
        data: A `datasets.dataset.Dataset`.

    Returns:
        List of `Problem`s as of `find`; empty if files or all captions are
        missing or no row can be read, which are reported elsewhere.
    """
    rows = [row for row in data.rows if any(row.get("captions", [True]))]
    missing = any(problem.kind == "missing" for problem in data.problems)
    if missing or (not rows and (data.rows or data.problems)):
        return []
    return list(find({s: [r for r in rows if r["split"] == s] for s in SPLITS}))


def require(problems):
    """Raises an error if data cannot be trained on.

    Args:
        problems: Iterable of `Problem`s, as of `find`.

    Raises:
        ValueError: If there is a problem of one of the kinds in `STOPPING`.
    """
    stopping = [problem for problem in problems if problem.kind in STOPPING]
    if stopping:
        raise ValueError(
            "The data is not suitable for training. Received: "
            + "; ".join(f"{problem}" for problem in stopping)
            + ". `mmkeras check` lists all problems."
        )


_EMPTY = {
    "train": "there are no training rows: write `train` into the column "
    "`split` of most rows",
    "val": "there are no validation rows, and too few independent training "
    "rows to take them from (rows with the same group, image or audio stay "
    "together): add rows, or name rows of split val in the column `split`",
}


def _comparable(label):
    return frozenset(label) if isinstance(label, (list, tuple)) else label


def _unseen(splits):
    names = {
        name
        for row in splits["train"]
        for name in label_kinds.names_in(row["label"])
    }
    for split in [name for name in splits if name != "train"]:
        for row in splits[split]:
            new = [
                name
                for name in label_kinds.names_in(row["label"])
                if name not in names
            ]
            if new:
                detail = (
                    f"the label {new[0]!r} is in {split} but in no training "
                    "row; the example is skipped"
                )
                if row.get("group") is not None:
                    detail += (
                        ", for models of whole groups together with its group"
                    )
                yield Problem("unseen", row["id"], detail)
