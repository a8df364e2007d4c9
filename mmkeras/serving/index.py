"""A search index: the embeddings of files or texts in one folder."""

import dataclasses
import hashlib
import os
import pathlib

import numpy as np

from mmkeras import hub
from mmkeras.files import atomic
from mmkeras.files import digests
from mmkeras.serving import neighbours

CARD = "index.json"
_ARRAYS = "vectors-*.npy", f"graph-*{neighbours.SUFFIX}"
_SAMPLE = 1000  # Items that `recall` searches for.
_CANDIDATES = 200  # Nearest items, of which penalties choose the best.
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
        similarity: float: the cosine with the query, in [-1, 1], less the
            penalty of the item, if there are penalties.
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

    def search(self, queries, top=10, block=_BLOCK, penalties=None):
        """Finds the most similar items of each query.

        Exactly, unless the index has a graph.

        Args:
            queries: Floats of shape `(n, size)`, rows of length 1.
            top: int. Number of items per query.
            block: int. Products in memory at once; at least those of one
                query.
            penalties: Function from indices of items to what their
                similarities are reduced by, see `tasks.Retrieve.penalties`;
                or `None`. It is called for the nearest items of each query,
                at least 200, of which the best are returned.

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
        count = top
        if penalties is not None:
            count = min(max(_CANDIDATES, 4 * top), len(self))
        has_graph = self.graph is not None and count
        find = self._near if has_graph else self._nearest
        rows = max(block // max(len(self), 1), 1)
        return [
            self._hits(products, places, penalties, top)
            for i in range(0, len(queries), rows)
            for products, places in find(queries[i : i + rows], count)
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

    def _nearest(self, queries, count):
        """Yields products with the nearest items of each query, and these."""
        for row in queries @ self.vectors.T:
            places = np.argpartition(-row, count - 1)[:count] if count else []
            places = np.array(places, int)
            yield row[places], places

    def _near(self, queries, count):
        """Like `_nearest`, by the graph."""
        for row, places in zip(*neighbours.search(self.graph, queries, count)):
            yield row[places >= 0], places[places >= 0]

    def _hits(self, products, places, penalties, top):
        if penalties is not None and len(places):
            products = products - penalties(places)
        order = np.lexsort((places, -products))[:top]
        pairs = zip(products[order].tolist(), places[order].tolist())
        return [
            Hit(self.items[i]["name"], product, self.items[i].get("value"))
            for product, i in pairs
        ]


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
    index, card = read(pathlib.Path(folder))
    if card["graph"] and not exact:
        name = pathlib.PurePath(card["graph"]).name
        index.graph = neighbours.read(pathlib.Path(folder, name))
    return index


def read(folder):
    """Reads an index without its graph.

    Args:
        folder: `pathlib.Path` of its folder.

    Returns:
        Tuple of an `Index`, and the dict of its card.

    Raises:
        FileNotFoundError: If the folder has no index.
        ValueError: If a file of it is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no index in {folder}: it has no `{CARD}`. Make one "
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


def write(index, out, approximate):
    """Writes an index: its arrays, then the card that names their files.

    Args:
        index: An `Index`.
        out: `pathlib.Path` of its folder, created if necessary.
        approximate: bool. Whether searches are approximate, also if the graph
            has not been built yet.
    """
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
        "approximate": approximate,
        "graph": graph and graph.name,
        "items": index.items,
    }
    atomic.write_json(out / CARD, card)
    for pattern in _ARRAYS:
        for old in out.glob(pattern):
            if old not in (file, graph):
                old.unlink()


def is_part(path):
    """Whether a path has the name of a file that `write` writes first."""
    return any(map(path.match, (*_ARRAYS, ".*")))


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
    return digests.digest(os.fspath(hub.model_file(hub.find(run))))
