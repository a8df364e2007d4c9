"""Approximate search: a graph of near neighbours, by faiss."""

import hashlib
import pathlib

import numpy as np

from mmkeras.files import atomic

_LINKS = 32  # Of an item to its neighbours.
_WHEN_BUILT, _WHEN_SEARCHED = 80, 96  # Candidates that are followed.
SUFFIX = ".faiss"


def build(vectors):
    """Builds a graph of vectors, which are compared by their product.

    Args:
        vectors: float32 `(n, size)`.

    Returns:
        A `faiss.IndexHNSWFlat`.

    Raises:
        ImportError: If faiss is not installed.

    Reference:
        [Malkov and Yashunin, 2016](https://arxiv.org/abs/1603.09320)
    """
    faiss = _faiss()
    graph = faiss.IndexHNSWFlat(
        vectors.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT
    )
    graph.hnsw.efConstruction = _WHEN_BUILT
    graph.add(np.ascontiguousarray(vectors, "float32"))
    return graph


def search(graph, queries, top):
    """Finds near neighbours.

    Args:
        graph: As of `build`.
        queries: float32 `(n, size)`.
        top: int. Number of neighbours per query.

    Returns:
        Tuple of products, float32 `(n, top)`, the largest first, and indices
        of vectors of the same shape, -1 for none.
    """
    graph.hnsw.efSearch = max(_WHEN_SEARCHED, top)
    return graph.search(np.ascontiguousarray(queries, "float32"), top)


def write(graph, folder):
    """Writes a graph into a folder, atomically.

    Args:
        graph: As of `build`.
        folder: The folder.

    Returns:
        Path of the file, whose name has the SHA-256 of its contents.
    """
    data = _faiss().serialize_index(graph).tobytes()
    path = pathlib.Path(folder, f"graph-{_digest(data)}{SUFFIX}")
    atomic.write(path, lambda file: file.write(data))
    return path


def read(path):
    """Reads a graph.

    Args:
        path: As of `write`.

    Raises:
        ValueError: If the file is missing or damaged.
        ImportError: If faiss is not installed.
    """
    path, faiss = pathlib.Path(path), _faiss()
    data = path.read_bytes() if path.is_file() else b""
    if path.name != f"graph-{_digest(data)}{SUFFIX}":
        raise ValueError(
            f"{path} is damaged or missing. Index the files again, or search "
            "with `--exact` (`exact=True`)."
        )
    return faiss.deserialize_index(np.frombuffer(data, "uint8"))


def _digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def _faiss():
    try:
        import faiss
    except ImportError as error:
        raise ImportError(
            "Approximate search needs faiss. Install it with: pip install "
            "'mmkeras[search]'. Or search with `--exact` (`exact=True`)."
        ) from error
    return faiss
