"""Your own captions as a table: JSONL, CSV or TSV, one line per example.

The columns are `image`, a path relative to the table; `caption`, or
`captions` (in JSONL a list, in CSV separated by `|`, or several columns); and
`split`, one of train, val and test. An image may have several lines. Without
a column `split`, a hash draws 80 % train, 10 % val and 10 % test; without rows
of split val, a tenth of those for training. Equal images stay together.

    {"image": "photos/1.jpg", "captions": ["A dog.", "A brown dog runs."]}

    image,caption,split
    photos/1.jpg,A dog.,train
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import files
from mmkeras.data.datasets import columns
from mmkeras.data.datasets import layout
from mmkeras.data.datasets import tabular

SOURCE = (
    "Write a table (JSONL, CSV or TSV) with the columns image, caption (or "
    "captions) and split."
)
_SCHEMA = columns.SCHEMAS["table"]


def scan(folder=None) -> layout.Scan:
    """Reads a table.

    Args:
        folder: The table, or a folder with one `*.jsonl`, `*.csv` or
            `*.tsv`; None for `$MMKERAS_DATA/table`.

    Returns:
        A `Scan`; malformed lines are problems, named by line number.

    Raises:
        FileNotFoundError: If there is no such folder, or not one table.
    """
    folder = layout.locate("table", folder, SOURCE)
    path = layout.only_file(folder, *tabular.PATTERNS)
    found = layout.Scan()
    images = {}
    for number, values in tabular.lines(path, found, _SCHEMA):
        try:
            image, captions, split = _entry(values)
            files.resolve(path.parent, image)
        except ValueError as error:
            found.skip(f"{path}:{number}", str(error))
        else:
            images.setdefault((image, split), []).extend(captions)
    for (image, split), captions in images.items():
        found.add(image, path.parent / image, captions, split)
    found.assign_splits([f"{path}: {image}" for image, _ in images])
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).choose(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _entry(values):
    """Checks one line; returns its image, captions and split."""
    image = values.get("image")
    if not isinstance(image, str) or not image.strip():
        raise ValueError("expected the path of an image in `image`")
    captions, caption = values.get("captions"), values.get("caption")
    captions = [] if captions is None else captions
    if not isinstance(captions, list) or not all(
        isinstance(text, str | None) for text in [*captions, caption]
    ):
        raise ValueError(
            "expected a text in `caption`, or a list in `captions`"
        )
    captions = [t for t in [*captions, caption] if t is not None]
    return image.strip(), captions, layout.split_in(values)
