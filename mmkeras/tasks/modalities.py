"""Selects modalities of examples."""


def select(task, rows, field):
    """Keeps only the given modalities and drops all others.

    Candidates are always kept: without them there is no answer.

    Args:
        task: A `tasks.Task`.
        rows: Rows of a data set.
        field: Name of a modality, or of several, joined by `+`; `None` to
            keep all.

    Returns:
        List of rows.

    Raises:
        ValueError: If the task has no such modality.
    """
    if field is None:
        return rows
    names = field.split("+")
    if not set(names) <= set(task.fields):
        raise ValueError(
            f"Expected one of {', '.join(task.fields)}, or several joined by "
            f"'+'. Received: {field!r}"
        )
    dropped = set(task.fields) - {*names, *task.always_given}
    return [{k: v for k, v in r.items() if k not in dropped} for r in rows]
