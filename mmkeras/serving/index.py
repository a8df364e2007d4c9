"""A search index: the embeddings of files or texts in one folder."""

import dataclasses
import hashlib
import os
import pathlib
import time

import filelock
import numpy as np

from mmkeras import hub
from mmkeras.files import atomic
from mmkeras.files import digests
from mmkeras.serving import neighbours
from mmkeras.tasks import raw_examples

_CARD = "index.json"
_ARRAYS = "vectors-*.npy", f"graph-*{neighbours.SUFFIX}"
_CHUNK = 1024  # Values that are embedded between two saves.
_SAMPLE = 1000  # Items that `recall` searches for.
_SECONDS = 60  # Least time between two saves.
_BLOCK = 2**22  # Products at once: 16 MiB in float32.
_FORMAT = {
    "run": str,
    "digest": str,
    "field": str,
    "vectors": str,
    "approximate": bool,
    "graph": object,
    "items": list,
}


@dataclasses.dataclass(frozen=True)
class Hit:
    """An item that a search found.

    Attributes:
        name: Path of its file, or its id in a table.
        similarity: float in [-1, 1]: the cosine with the query.
        value: Its text; `None` for a file.
    """

    name: str
    similarity: float
    value: str | None = None


@dataclasses.dataclass
class Index:
    """Embeddings of items of one modality.

    Attributes:
        run: Run or preset whose model embedded them.
        digest: SHA-256 of its model.
        field: Name of the modality.
        items: List of dicts with `"name"`, `"key"`, which changes with the
            contents, and for texts `"value"`.
        vectors: float32 `(items, size)`, rows of length 1.
        graph: As of `neighbours.build`, for approximate search; or `None`.
    """

    run: str
    digest: str
    field: str
    items: list
    vectors: np.ndarray
    graph: object = None

    def __len__(self):
        return len(self.items)

    def search(self, queries, top=10, block=_BLOCK):
        """Finds the most similar items of each query.

        Exactly, unless the index has a graph.

        Args:
            queries: Floats of shape `(n, size)`, rows of length 1.
            top: int. Number of items per query.
            block: int. Products in memory at once; at least those of one
                query.

        Returns:
            List of lists of `Hit`s, the most similar first.

        Raises:
            ValueError: If the size of the embeddings differs.
        """
        queries = np.asarray(queries, "float32")
        if queries.ndim != 2 or queries.shape[1] != self.vectors.shape[1]:
            raise ValueError(
                f"The index has embeddings of {self.vectors.shape[1]} numbers. "
                f"Received: queries of shape {queries.shape}"
            )
        if top < 1:
            raise ValueError(f"`top` must be at least 1. Received: top={top}")
        top = min(top, len(self))
        if self.graph is not None and top:
            pairs = zip(*neighbours.search(self.graph, queries, top))
            return [self._hits(*pair) for pair in pairs]
        rows = max(block // max(len(self), 1), 1)
        return [
            self._hits(row[best], best)
            for i in range(0, len(queries), rows)
            for row, best in self._search(queries[i : i + rows], top)
        ]

    def recall(self, top=10, seed=0):
        """Measures which share of the nearest items a search finds.

        Args:
            top: int. Number of items per query.
            seed: int. Seed of the queries: at most 1,000 of the items.

        Returns:
            float in [0, 1]; 1 without items.
        """
        rng = np.random.default_rng(seed)
        sample = np.sort(rng.permutation(len(self))[:_SAMPLE])
        queries = np.asarray(self.vectors[sample])
        exact = dataclasses.replace(self, graph=None).search(queries, top)
        are_near = [
            hits[i].similarity >= nearest[-1].similarity - 1e-6
            if i < len(hits)
            else False
            for hits, nearest in zip(self.search(queries, top), exact)
            for i in range(len(nearest))
        ]
        return float(np.mean(are_near)) if are_near else 1.0

    def _search(self, queries, top):
        """Yields the products of each query, and the best items."""
        for row in queries @ self.vectors.T:
            best = np.argpartition(-row, top - 1)[:top] if top else []
            order = sorted(best, key=lambda i: (-row[i], i))
            yield row, np.array(order, int)

    def _hits(self, products, places):
        pairs = zip(products.tolist(), places.tolist())
        return [
            Hit(self.items[i]["name"], product, self.items[i].get("value"))
            for product, i in pairs
            if i >= 0
        ]


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
        Tuple of the `Index`, and a list of pairs of a name and the reason why
        it could not be read.

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
    digest = model_digest(run)
    previous, was_approximate = _previous(out, field, digest)
    vectors_by_key = {}
    if previous is not None:
        keys = [item["key"] for item in previous.items]
        vectors_by_key = dict(zip(keys, previous.vectors))
    todo = [item for item in items if item["key"] not in vectors_by_key]
    count = reporter.counter("items") if reporter else None
    errors, saved = {}, time.monotonic()
    place = os.fspath(run)
    place = os.path.abspath(place) if os.path.exists(place) else place

    if approximate is None:
        approximate = was_approximate

    def save(graph=False):
        embedded = [item for item in items if item["key"] in vectors_by_key]
        vectors = np.zeros((len(embedded), task.size), "float32")
        for row, item in enumerate(embedded):
            vectors[row] = vectors_by_key[item["key"]]
        index = Index(place, digest, field, embedded, vectors)
        index.graph = neighbours.build(vectors) if graph else None
        _write(index, out, approximate)
        return index

    for start in range(0, len(todo), _CHUNK):
        chunk = todo[start : start + _CHUNK]
        for i in range(0, len(chunk), 64):
            part = chunk[i : i + 64]
            vectors, failed = _embed(task, field, part)
            for item, vector, error in zip(part, vectors, failed):
                if error:
                    errors[item["name"]] = error
                else:
                    vectors_by_key[item["key"]] = vector
            if count:
                count(start + i + len(part), len(todo))
        if time.monotonic() - saved > _SECONDS:
            save()
            saved = time.monotonic()
    return save(approximate), [*errors.items()]


def load(folder, exact=False):
    """Reads an index.

    Args:
        folder: Its folder.
        exact: bool. Whether to search exactly, even if there is a graph.

    Returns:
        An `Index`.

    Raises:
        FileNotFoundError: If the folder has no index.
        ValueError: If a file of it is damaged.
        ImportError: If faiss, which the graph needs, is not installed.
    """
    index, card = _read(pathlib.Path(folder))
    if card["graph"] and not exact:
        name = pathlib.PurePath(card["graph"]).name
        index.graph = neighbours.read(pathlib.Path(folder, name))
    return index


def _read(folder):
    """Reads the exact part of an index, and its card."""
    path = folder / _CARD
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no index in {folder}: it has no `{_CARD}`. Make one "
            "with `mmkeras index RUN FILES --out FOLDER`."
        )
    card = atomic.read_json(path, _FORMAT)
    file = folder / pathlib.PurePath(card["vectors"]).name
    try:
        vectors = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{file} is damaged or missing ({error}). Delete {folder} and "
            "index the files again."
        ) from error
    if vectors.ndim != 2 or len(vectors) != len(card["items"]):
        raise ValueError(
            f"{file} has shape {vectors.shape}, but {path} lists "
            f"{len(card['items'])} items. Delete {folder} and index the files "
            "again."
        )
    names = ("run", "digest", "field", "items")
    values = {name: card[name] for name in names}
    return Index(**values, vectors=vectors), card


def check_model(index, run):
    """Raises an error unless a run's model is that of an index.

    Args:
        index: An `Index`.
        run: Folder of a run, or a preset.

    Raises:
        ValueError: If the embeddings are those of another model.
    """
    if model_digest(run) != index.digest:
        raise ValueError(
            f"The index was made with another model, that of {index.run}. "
            f"Received: {run}. Give that run, or index the files again."
        )


def model_digest(run):
    """SHA-256 of the task of a run or preset: of its model and codecs."""
    folder = hub.find(run)
    card = hub.CARD if hub.is_preset(folder) else "task.json"
    return digests.digest(os.fspath(folder / card))


def _previous(out, field, digest):
    """The index in a folder, or `None`; and whether it is approximate."""
    if not out.exists():
        return None, False
    if not (out / _CARD).is_file():
        if out.is_dir() and all(map(_is_own, out.iterdir())):
            return None, False  # The first write was interrupted.
        raise ValueError(
            f"{out} is not an empty folder and has no index. Give another "
            "folder with `--out`."
        )
    index, card = _read(out)
    if (index.digest, index.field) != (digest, field):
        raise ValueError(
            f"{out} is an index of {index.field} by the model of {index.run}. "
            "Received another model or modality. Give another folder with "
            "`--out`, or delete this one."
        )
    return index, bool(card["approximate"])


def _is_own(path):
    return any(map(path.match, (*_ARRAYS, ".*")))


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


def _write(index, out, approximate):
    """Writes the vectors, then the card that names their file."""
    out.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(np.ascontiguousarray(index.vectors)).hexdigest()
    file = out / f"vectors-{digest[:16]}.npy"
    if not file.exists():
        atomic.write(file, lambda f: np.save(f, index.vectors))
    graph = None
    if index.graph is not None:
        graph = neighbours.write(index.graph, out)
    card = {
        "run": index.run,
        "digest": index.digest,
        "field": index.field,
        "vectors": file.name,
        "approximate": approximate,  # Even before the graph is built.
        "graph": graph and graph.name,
        "items": index.items,
    }
    atomic.write_json(out / _CARD, card)
    for pattern in _ARRAYS:
        for old in out.glob(pattern):
            if old not in (file, graph):
                old.unlink()
