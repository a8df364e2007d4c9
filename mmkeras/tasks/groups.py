"""Joins rows of a group, such as a dialogue, to examples."""

import numpy as np


def join(rows, max_steps=None):
    """Joins the rows of each group, e.g. the utterances of a video, in order.

    Args:
        rows: Rows with `"group"`, and in a dialogue with `"text"` and
            optionally `"speaker"`.
        max_steps: int. Maximum number of rows per group; a longer group is
            split into several, of which the later ones have no earlier
            context. `None` for any number.

    Returns:
        List of rows, one per group, with lists of texts, each after its
        speaker's name, of labels and of ids, and with sequences of features,
        zeros where missing.

    Raises:
        ValueError: If a row has no group.
    """
    groups = {}
    for row in rows:
        if row.get("group") is None:
            raise ValueError(
                "The architecture classifies examples in their context, so "
                f"{row['id']} must have a `group`. Received: {sorted(row)}"
            )
        groups.setdefault((row["group"], row["split"]), []).append(row)
    return [
        _joined(name, split, members[i : i + (max_steps or len(members))])
        for (name, split), members in groups.items()
        for i in range(0, len(members), max_steps or len(members))
    ]


def label_by_candidate(rows):
    """Replaces the label of each row by the index of that candidate.

    Args:
        rows: Rows with `"candidates"`, one per line, and `"label"`.

    Returns:
        List of rows.

    Raises:
        ValueError: If the label is not a candidate.
    """
    labelled = []
    for row in rows:
        candidates = (row.get("candidates") or "").split("\n")
        if row["label"] not in candidates:
            raise ValueError(
                f"The answer of {row['id']} must be one of its candidates. "
                f"Received: {row['label']!r}, {candidates[:5]}"
            )
        labelled.append({**row, "label": str(candidates.index(row["label"]))})
    return labelled


def _joined(name, split, members):
    """Joins the members of a group to one row."""
    row = {"id": name, "split": split}
    for key in dict.fromkeys(key for member in members for key in member):
        values = [member.get(key) for member in members]
        array = next((v for v in values if isinstance(v, np.ndarray)), None)
        if array is not None:
            zeros = np.zeros_like(array)
            row[key] = np.stack([zeros if v is None else v for v in values])
        elif key == "text" and any(values):
            row[key] = [_with_speaker(member) for member in members]
    row["label"] = [member["label"] for member in members]
    row["ids"] = [member["id"] for member in members]
    return row


def _with_speaker(row):
    speaker, text = row.get("speaker"), row.get("text") or ""
    return f"{speaker}: {text}" if speaker else text
