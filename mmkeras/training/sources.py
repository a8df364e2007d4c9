"""The data set of a run and how to read it."""

import os
import pathlib

from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import datasets
from mmkeras.training import folder as run_folder
from mmkeras.training import folds


def make(architecture, data, folder=None, columns=None):
    """Describes the data of a new run.

    Args:
        architecture: Name of the architecture.
        data: Name of a published data set; or the path of a table or folder,
            a pandas DataFrame, or a list of dicts.
        folder: Folder of a published data set, or `None`.
        columns: Dict from columns to their names in a table.

    Returns:
        Dict of arguments of `datasets.read`.
    """
    if isinstance(data, os.PathLike):
        data = os.fspath(data)
    task = tasks.of(registry.get(architecture))
    return {
        "source": data,
        "folder": folder,
        "kind": task.data_kind,
        "columns": columns or {},
    }


def of_run(card, data=None, folder=None, columns=None):
    """Describes the data that a run is evaluated on.

    Args:
        card: Dict of the run's `run.json`.
        data: Another data set, or `None` for that of the training.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: As of `make`; `None` or empty for those used in training.

    Returns:
        Dict of arguments of `datasets.read`.

    Raises:
        ValueError: If no data is given and the data of the run was in memory.
    """
    arguments = card["arguments"]
    source = card.get("path") or arguments["dataset"] if data is None else data
    is_published = datasets.is_published(source)
    if data is None and not card.get("path") and not is_published:
        raise ValueError(
            "The run does not say where its data is, such as a DataFrame. Give "
            "the data with `data` (`--data`)."
        )
    if data is None:
        folder = folder or card.get("folder")
    if not columns and not is_published:
        columns = card.get("columns")
    return make(arguments["architecture"], source, folder, columns)


def remembered_columns(run):
    """Returns the names of columns in the training table of a run.

    Args:
        run: Folder of a run, or of a task alone.

    Returns:
        Dict as of `make`; empty if there are none.
    """
    if not pathlib.Path(run, "run.json").exists():
        return {}
    return run_folder.read_card(run).get("columns") or {}


def place(source):
    """Describes paths and column names for `run.json`.

    Args:
        source: Dict as of `make`.
    """
    data, folder = source["source"], source["folder"]
    in_file = isinstance(data, str) and not datasets.is_published(data)
    return {
        "path": str(pathlib.Path(data).resolve()) if in_file else None,
        "folder": str(pathlib.Path(folder).resolve()) if folder else None,
        "columns": source["columns"],
    }


def identity(source):
    """Name of a published data set, or the kind of your own data.

    Your own data may be moved: its fingerprint identifies it.
    """
    is_published = datasets.is_published(source["source"])
    return source["source"] if is_published else source["kind"]


def split_rows(task, source, split, reporter, card=None):
    """Reads a split as in training.

    Args:
        task: The task; it determines the type of labels in a table.
        source: Dict as of `make`.
        split: `"train"`, `"val"` or `"test"`.
        reporter: A `reporter.Reporter`, which reports skipped rows.
        card: The `run.json` of the run, whose folds the rows are divided
            into; `None` for none.

    Returns:
        List of rows.
    """
    target = None
    is_own = not datasets.is_published(source["source"])
    if is_own and source["kind"] == "labels":
        target = getattr(task.target.codec, "target", None)
    arguments = card["arguments"] if card else {}
    is_fold = arguments.get("fold") is not None and split != "test"
    names = ["train", "val"] if is_fold else [split]
    parts, _, skipped = datasets.read(splits=names, target=target, **source)
    if skipped:
        reporter.warn(skipped)
    if not is_fold:
        return parts[0]
    count, fold = arguments["train"]["folds"], arguments["fold"]
    parts = folds.rows_of_fold(*parts, count, fold)
    return parts[names.index(split)]
