"""Makes a search index: embeds files or texts, or what is new of them."""

import hashlib
import os
import pathlib
import time

import filelock
import numpy as np

from mmkeras.serving import index as search_index
from mmkeras.serving import neighbours
from mmkeras.tasks import raw_examples

_BATCH = 64  # Values that are embedded at once.
_SECONDS = 60  # Least time between two saves.


def build(task, run, sources, out, field=None, reporter=None, approximate=None):
    """Embeds files or texts into an index, or updates one.

    What did not change since the last time is not embedded again; what is no
    longer there leaves the index. An interrupted call is continued by the
    next one.

    Args:
        task: A `tasks.Retrieve`.
        run: Its run or preset.
        sources: Paths of files and folders of files; or of one table with
            the modality as a column.
        out: Folder of the index.
        field: Name of the modality; by default the first one.
        reporter: A `training.reporter.Reporter`, or `None`.
        approximate: bool. Whether searches are approximate, by a graph of
            near neighbours; by default as the index in the folder, or exact.

    Returns:
        Tuple of an `index.Index`, and a list of pairs of a name and the
        reason why it could not be read.

    Raises:
        ValueError: If the task has no such modality, or the folder has
            something else than an index of this model.
    """
    field = field or task.fields[0]
    if field not in task.fields:
        raise ValueError(
            f"The model embeds {', '.join(task.fields)}. Received: "
            f"field={field!r}"
        )
    if task.is_late:
        raise ValueError(
            f"{task.model.name.replace('_', '-')} has an embedding per region "
            "and per word, and an index one per item. Train an architecture "
            "such as retrieve-image-text to search."
        )
    items = _items(task, field, sources)
    out = pathlib.Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(out.with_name(f".{out.name}.lock"), timeout=0)
    try:
        with lock:
            return _build(task, run, items, out, field, reporter, approximate)
    except filelock.Timeout as error:
        raise ValueError(
            f"Another process is writing the index {out}. Try again later."
        ) from error


def _build(task, run, items, out, field, reporter, approximate):
    digest = search_index.model_digest(run)
    previous, was_approximate = _previous(out, field, digest)
    if approximate is None:
        approximate = was_approximate
    vectors_by_key = {}
    if previous is not None:
        keys = [item["key"] for item in previous.items]
        vectors_by_key = dict(zip(keys, previous.vectors))
    todo = [item for item in items if item["key"] not in vectors_by_key]
    place = os.fspath(run)
    place = os.path.abspath(place) if os.path.exists(place) else place

    def save(graph=False):
        embedded = [item for item in items if item["key"] in vectors_by_key]
        vectors = np.zeros((len(embedded), task.size), "float32")
        for row, item in enumerate(embedded):
            vectors[row] = vectors_by_key[item["key"]]
        index = search_index.Index(place, digest, field, embedded, vectors)
        index.graph = neighbours.build(vectors) if graph else None
        search_index.write(index, out, approximate)
        return index

    count = reporter.counter("items") if reporter else None
    errors, saved = {}, time.monotonic()
    for start in range(0, len(todo), _BATCH):
        part = todo[start : start + _BATCH]
        vectors, failed = _embed(task, field, part)
        for item, vector, error in zip(part, vectors, failed):
            if error:
                errors[item["name"]] = error
            else:
                vectors_by_key[item["key"]] = vector
        if count:
            count(start + len(part), len(todo))
        if time.monotonic() - saved > _SECONDS:
            save()
            saved = time.monotonic()
    return save(approximate), [*errors.items()]


def _previous(out, field, digest):
    """The index in a folder, or `None`; and whether it is approximate."""
    if not out.exists():
        return None, False
    if not (out / search_index.CARD).is_file():
        if out.is_dir() and all(map(search_index.is_part, out.iterdir())):
            return None, False  # The first write was interrupted.
        raise ValueError(
            f"{out} is not an empty folder and has no index. Give another "
            "folder with `--out`."
        )
    index, card = search_index.read(out)
    if (index.digest, index.field) != (digest, field):
        raise ValueError(
            f"{out} is an index of {index.field} by the model of {index.run}. "
            "Received another model or modality. Give another folder with "
            "`--out`, or delete this one."
        )
    return index, bool(card["approximate"])


def _items(task, field, sources):
    """The items to index."""
    sources = [os.fspath(source) for source in sources]
    tables = [path for path in sources if raw_examples.is_table(path)]
    if tables and len(sources) > 1:
        raise ValueError(
            "Give one table by itself. Received: " + ", ".join(sources)
        )
    if not tables:
        return _of_files(task, field, sources)
    [path] = tables
    folder = pathlib.Path(path).absolute().parent
    examples, _ = raw_examples.from_table(task, path)
    items = [
        _item(task, field, example.name, example.values[field], folder)
        for example in examples
        if example.values.get(field)
    ]
    if not items:
        raise ValueError(f"{path} has no values in a column `{field}`.")
    return items


def _of_files(task, field, sources):
    if not task.codecs[field].in_file:
        raise ValueError(
            f"{field!r} is text: give a table (JSONL, CSV or TSV) with a "
            f"column `{field}`. Received: {', '.join(sources)}"
        )
    examples = raw_examples.from_each(task, sources, field)
    paths = dict.fromkeys(example.values[field] for example in examples)
    return [_item(task, field, "", path, pathlib.Path()) for path in paths]


def _item(task, field, name, value, folder):
    """An item: a text, or a file, whose name is its absolute path."""
    if not task.codecs[field].in_file:
        data = value.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(data, digest_size=16)
        return {"name": name, "key": digest.hexdigest(), "value": value}
    path = os.path.abspath(folder / value)
    try:
        status = os.stat(path)
    except OSError:  # The error is reported when the file is read.
        return {"name": path, "key": f"{path}:missing"}
    return {
        "name": path,
        "key": f"{path}:{status.st_size}:{status.st_mtime_ns}",
    }


def _embed(task, field, items):
    """Embeds some items; files that cannot be read get an error."""
    examples = [
        raw_examples.read(
            task,
            raw_examples.Example(
                item["name"], {field: item.get("value", item["name"])}
            ),
            pathlib.Path(),
        )
        for item in items
    ]
    values = [example.values.get(field) for example in examples]
    vectors, errors = task.embed(field, values)
    return vectors, [e.error or error for e, error in zip(examples, errors)]
