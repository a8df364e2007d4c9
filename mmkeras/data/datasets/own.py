"""Your own data: a table, a folder of images and texts, or rows in memory.

A table is JSONL, CSV or TSV, with one line per example; all paths in it are
relative to its folder, and lists in CSV are separated by `|`. Its columns
determine its kind:

- captions: `image`, and `caption` or `captions`;
- labels: any of `text`, `image`, `audio`, `video` (the path of a GIF, another
  video or a folder of frames, or in JSONL a list of images; see `codecs.Video`)
  and `features` (the path of a `.npy` file, with a vector or a sequence), and
  `label`: a name, several (a list) or a number, see `data.label_kinds`;
  `group`, e.g. the speaker: examples of a group are never split; columns of
  numbers and categories that are named;
- questions: `image`, `question`, and `answer`, or `answers` of several
  annotators; `type`;
- translations: `source`, a text, and `target`, its translation; `image`;
- dialogues: `image`, `history`, the previous questions and answers, a string
  per turn; `question`, `answer`; `candidates`, answers to choose among,
  including the right one, for architectures that rank; `type`;
- transcripts, for speech recognition: `audio` and `text`, what is spoken;
  `group`, e.g. the speaker.

All may have `id` and `split`: train, val or test. Empty cells are missing.

    {"image": "photos/1.jpg", "captions": ["A dog.", "A brown dog runs."]}

    text,image,label,split
    A dog.,photos/1.jpg,animal,train

A folder may hold one table, or images in `images/` and texts of the same names
in `texts/`; see `datasets.folder`. Paths in rows in memory are relative to the
working directory.
"""

import dataclasses
import os
import pathlib
from typing import Any

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import label_kinds
from mmkeras.data.datasets import columns
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import folder
from mmkeras.data.datasets import records
from mmkeras.data.datasets import table_rows
from mmkeras.data.datasets import tabular


@dataclasses.dataclass(frozen=True)
class OwnData:
    """Data of your own.

    Attributes:
        source: Path of a table or folder, a pandas DataFrame, or a list of
            dicts, whose images, audio and videos are paths or the bytes of
            files and whose features and videos may be arrays.
        kind: One of `columns.KINDS`; `None` to decide by the columns.
        columns: Dict from columns to the names that the table has for them;
            `"numbers"` and `"categories"` to lists of further columns.

    Raises:
        ValueError: If the kind or a column is unknown.
    """

    source: Any
    kind: str | None = None
    columns: dict | None = None

    def __post_init__(self):
        columns.check_kind(self.kind)
        columns.check_aliases(self.columns)

    @property
    def name(self):
        """The last part of the path; `"rows"` for rows in memory."""
        return self._path.name if self._path else records.NAME

    def scan(self, target=None) -> dataset.Dataset:
        """Reads all rows.

        Args:
            target: What labels are: `"class"`, `"labels"` (several) or
                `"number"`; `None` to decide by all rows.

        Returns:
            A `Dataset` of rows with `"id"`, `"split"` and, by the kind,
            `"captions"`, a list, or `"label"`: a string, list of strings or
            float, or neither; and the modalities, `None` where missing.
            Malformed lines are reported by line number.

        Raises:
            FileNotFoundError: If there is not exactly one such table.
            ValueError: If `target` is unknown, or there are no labels.
        """
        label_kinds.check_target(target)
        aliases = columns.check_aliases(self.columns)
        table = self._table()
        pairs = self._path is not None and table.is_dir()
        kind = "captions" if pairs else self.kind or _infer(table, aliases)
        if kind == "pairs" and _infer(table, aliases) == "captions":
            kind = "captions"  # Images with texts, one or several.
        if target is not None and kind != "labels":
            raise ValueError(
                "`target` is an option of tables with labels, which can be of "
                f"several types. Received: target={target!r} with a table of "
                f"{kind}"
            )
        if pairs and aliases:
            raise ValueError(
                "`columns` (`--column`) is an option of tables. Received: "
                f"columns={self.columns} with the folder {table}"
            )
        if pairs:
            return folder.scan(table)
        data, schema = dataset.Dataset(), columns.of_kind(kind, aliases)
        lines = self._lines(table, data, schema)
        place, home = records.NAME, pathlib.Path.cwd()
        if self._path:
            place, home = table, table.parent
        table_rows.read(schema, lines, place, home, data, target)
        return data

    def rows(self, split, target=None) -> list[dict]:
        """Returns the rows of one split; see `mmkeras.data.datasets`."""
        return self.scan(target).split(split)

    def load(self, split, target=None) -> tf.data.Dataset:
        """Returns raw examples of one split; see `mmkeras.data.examples`."""
        return examples.load(self.rows(split, target))

    def other_columns(self):
        """Reads the columns of a table of labels that are no field's.

        Returns:
            Tuple of a dict from columns to lists of cells, `None` where a row
            has none, and the list of the cells of the labels.
        """
        schema = columns.of_kind("labels", columns.check_aliases(self.columns))
        inputs = [name for name in schema.names if name != "label"]
        lenient = dataclasses.replace(
            schema, required=(("label",),), optional=tuple(inputs)
        )
        lines = self._lines(self._table(), dataset.Dataset(), lenient)
        rows = [values for _, values in lines]
        names = dict.fromkeys(name for row in rows for name in row if name)
        others = columns.unclaimed(names, schema)
        table = {name: [row.get(name) for row in rows] for name in others}
        return table, [row.get("label") for row in rows]

    def _lines(self, table, data, schema):
        """Yields lines of a table; see `tabular.lines`."""
        reader = tabular if self._path else records
        return reader.lines(table, data, schema)

    @property
    def _path(self):
        if isinstance(self.source, (str, os.PathLike)):
            return pathlib.Path(self.source).absolute()
        return None

    def _table(self):
        """Returns the path of a table or folder, or a list of dicts."""
        path = self._path
        if not path:
            return records.dicts(self.source)
        if not path.is_dir():
            return path
        tables = dataset.matching_files(path, *tabular.PATTERNS)
        may_pair = self.kind in (None, "captions", "pairs")
        if may_pair and not tables and folder.has_any(path):
            return path
        if may_pair and tables and folder.has_pairs(path):
            raise ValueError(
                f"{path} has images with texts, and a table, {tables[0].name}. "
                "Pass the path of the table itself, or move it elsewhere."
            )
        return dataset.only_file(path, *tabular.PATTERNS)


def _infer(table, aliases):
    """Returns the kind of data in a table, by its columns."""
    schema = columns.of_any_kind(aliases)
    if isinstance(table, pathlib.Path):
        return columns.infer(tabular.column_names(table, schema))
    names = records.names(table)
    return columns.infer(
        [columns.canonical_name(name, schema) for name in names]
    )
