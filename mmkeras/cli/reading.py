"""Reads the rows that a run is measured on."""

import typer


def split_rows(task, data, split, folder):
    """Reads a split as a task was trained; names rows that are left out.

    Args:
        task: The task; of a table of labels, they are read as it knows them.
        data: Name of the data set.
        split: `"train"`, `"val"` or `"test"`.
        folder: Where the data lies, or `None`.

    Returns:
        List of rows.
    """
    from mmkeras.data import datasets

    target = None
    if data == "labelled" and task.name == "classify":
        target = getattr(task.codecs["label"], "target", None)
    [rows], _, skipped = datasets.read(data, [split], folder, target)
    if skipped:
        typer.echo(skipped, err=True)
    return rows
