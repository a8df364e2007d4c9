"""Reads the rows that a run is evaluated on."""

import typer


def split_rows(task, data, split, folder):
    """Reads a split as in training; prints the rows that are skipped.

    Args:
        task: The task; labels of a table are read as the type it was trained
            on.
        data: Name of the data set.
        split: `"train"`, `"val"` or `"test"`.
        folder: Folder of the data, or `None`.

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
