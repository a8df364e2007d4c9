"""Reads the rows that a run is trained or evaluated on."""

import pathlib

import typer


def columns_of(pairs):
    """Parses `--column` options, pairs such as `label=class`.

    Returns:
        Dict from columns to the names that a table has for them.

    Raises:
        ValueError: If a pair has no `=`.
    """
    found = {}
    for pair in pairs or []:
        column, mark, name = pair.partition("=")
        if not (mark and column and name):
            raise ValueError(
                "--column expects COLUMN=NAME, e.g. --column label=class. "
                f"Received: {pair}"
            )
        found[column.strip()] = name
    return found


def remembered_columns(run):
    """Returns the names of columns in the table that a run was trained on.

    Args:
        run: Folder of a run, or of a task alone.

    Returns:
        Dict as of `columns_of`; empty if none is known.
    """
    from mmkeras.training import folder

    if not pathlib.Path(run, "run.json").exists():
        return {}
    return folder.read_card(run).get("columns") or {}


def source_of(card, data=None, folder=None, columns=None):
    """Says where the data of a run is, and how it is read.

    Args:
        card: Dict of the run's `run.json`.
        data: Another data set, or `None`.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: Dict as of `columns_of`; empty for those used in training.

    Returns:
        Dict of arguments of `datasets.read`.
    """
    from mmkeras import registry
    from mmkeras.data import datasets

    arguments = card["arguments"]
    source = data or card.get("path") or arguments["data"]
    own = not datasets.is_published(source)
    return {
        "source": source,
        "folder": folder or (None if data else card.get("folder")),
        "kind": datasets.kind_for(registry.get(arguments["model"]).task),
        "columns": columns or (card.get("columns") if own else None),
    }


def split_rows(task, source, split):
    """Reads a split as in training; prints the rows that are skipped.

    Args:
        task: The task; labels of a table are read as the type it was trained
            on.
        source: Dict as of `source_of`.
        split: `"train"`, `"val"` or `"test"`.

    Returns:
        List of rows.
    """
    from mmkeras.data import datasets

    target = None
    own = not datasets.is_published(source["source"])
    if own and source["kind"] == "labels":
        target = getattr(task.target.codec, "target", None)
    [rows], _, skipped = datasets.read(splits=[split], target=target, **source)
    if skipped:
        typer.echo(skipped, err=True)
    return rows
