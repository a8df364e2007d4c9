"""The data set of a run and how to read it."""

import os
import pathlib

from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import column_choice
from mmkeras.data import datasets
from mmkeras.data import splits
from mmkeras.data.datasets import columns as table_columns
from mmkeras.tasks import fit_codecs
from mmkeras.training import folder as run_folder
from mmkeras.training import folds

_LEAK = (
    "The column {} alone tells the label of every row: it may be the label "
    "under another name, or follow from it. It is {}."
)


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

    Raises:
        ValueError: If numbers or categories are given to an architecture
            that does not take them.
    """
    task = tasks.of(registry.get(architecture))
    source = of_task(task, data, folder, columns)
    _check_tabular(architecture, source["columns"])
    return source


def of_task(task, data, folder=None, columns=None):
    """Describes data for a task, which may have no architecture.

    Args:
        task: A `tasks.Task`, or its class.
        data: As of `make`.
        folder: As of `make`.
        columns: As of `make`.

    Returns:
        Dict of arguments of `datasets.read`.
    """
    if isinstance(data, os.PathLike):
        data = os.fspath(data)
    columns = {
        key: table_columns.join(name) if key in table_columns.TABULAR else name
        for key, name in (columns or {}).items()
        if name is not None
    }
    return {
        "source": data,
        "folder": folder,
        "kind": task.data_kind,
        "columns": columns,
    }


def takes_tabular(architecture):
    """Whether an architecture takes columns of numbers and categories."""
    return f"{fit_codecs.TABULAR}_shape" in registry.get(architecture).arguments


def with_tabular(source, reporter):
    """Chooses columns of numbers and categories, unless they are given.

    What is chosen and left out is reported, and columns that alone predict
    the label.

    Args:
        source: Dict as of `make`, of an architecture that takes them.
        reporter: A `reporter.Reporter`.

    Returns:
        The dict, with the choice in its `"columns"`.
    """
    data, names = source["source"], source["columns"]
    if datasets.is_published(data):
        return source
    own = datasets.get(data, source["kind"], names)
    table, labels = own.other_columns()
    if not {*names} & {*table_columns.TABULAR}:
        choice = column_choice.choose(table, labels)
        if choice.describe():
            reporter.note(choice.describe())
        for name in choice.leaks:
            reporter.warn(_LEAK.format(name, "left out"))
        chosen = {k: getattr(choice, k) for k in table_columns.TABULAR}
        chosen = {k: table_columns.join(v) for k, v in chosen.items() if v}
        return {**source, "columns": {**names, **chosen}}
    for kind in table_columns.TABULAR:
        given = table_columns.split(names.get(kind) or "")
        given = {name: table[name] for name in given if name in table}
        for name in column_choice.leaks(given, labels, kind):
            reporter.warn(_LEAK.format(name, "taken, as given"))
    return source


def of_run(card, data=None, folder=None, columns=None):
    """Describes the data that a run is evaluated on.

    Args:
        card: Dict of the run's `run.json`.
        data: Another data set, or `None` for that of the training.
        folder: Folder of a published data set, or `None` for the one used in
            training.
        columns: As of `make`; `None` or empty for those used in training.
            Numbers and categories are those of the training unless they are
            given as well.

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
    former = card.get("columns") or {}
    if datasets.has_languages(source):
        columns = columns or former
    if not is_published:
        shared = {*former} & {*table_columns.TABULAR}
        tabular = {key: former[key] for key in shared}
        columns = tabular | columns if columns else former
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


def _check_tabular(architecture, columns):
    names = [key for key in table_columns.TABULAR if columns.get(key)]
    if names and not takes_tabular(architecture):
        raise ValueError(
            f"{architecture} takes no columns of numbers or categories. "
            f"Received: {names[0]}={columns[names[0]]}. `mmkeras train "
            "classify` assembles a model that does."
        )


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
        List of rows; of the training split, those trained on.
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
    if is_fold:
        count, fold = arguments["train"]["folds"], arguments["fold"]
        parts = folds.rows_of_fold(*parts, count, fold)
    rows = parts[names.index(split)]
    share = arguments.get("train", {}).get("fraction")
    if split == "train" and share:
        rows, *_ = splits.sample(rows, share, arguments["seed"])
    return rows
