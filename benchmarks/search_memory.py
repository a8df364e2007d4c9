"""Memory of searching and ranking all pairs in blocks, in a process each."""

import pathlib
import re
import subprocess
import sys

import numpy as np

MIN_RATIO = 10  # Of the memory of all products to what is measured.
METHODS = ("search", "rank")
_TOP = 10


def table(items, queries, dim):
    """Measures what searching and ranking add to a process's peak memory.

    Args:
        items: int. Number of embeddings that are searched.
        queries: int. Number of embeddings to search with.
        dim: int. Size of an embedding.

    Returns:
        Dict of the arguments, the MiB of all products in float32, and those
        of each of `METHODS`.
    """
    content = {"items": items, "queries": queries, "dim": dim}
    content["products_mib"] = 4 * items * queries / 2**20
    for method in METHODS:
        content[f"{method}_mib"] = _process(method, items, queries, dim)
    return content


def measure(method, items, queries, dim):
    """Measures the growth of this process's peak memory, on Linux.

    Args:
        method: One of `METHODS`: `"search"` finds the nearest ten by
            `serving.index.Index.search`, `"rank"` ranks all items by
            `metrics.retrieval.rank`.
        items: As of `table`.
        queries: As of `table`.
        dim: As of `table`.

    Returns:
        float, in MiB.
    """
    from mmkeras.metrics import retrieval
    from mmkeras.serving import index as search_index

    vectors, others = _vectors(items, dim, 0), _vectors(queries, dim, 1)
    names = [{"name": str(i), "key": str(i)} for i in range(items)]
    index = search_index.Index("run", "digest", "image", names, vectors)
    groups = np.arange(items) % queries
    before = _peak()
    if method == "search":
        index.search(others, _TOP)
    else:
        retrieval.rank(others, vectors, np.arange(queries), groups)
    return _peak() - before


def _vectors(count, dim, seed):
    """Random vectors of length 1, made without further memory."""
    vectors = np.empty((count, dim), "float32")
    np.random.default_rng(seed).standard_normal(out=vectors, dtype="float32")
    for row in vectors:
        row /= np.linalg.norm(row)
    return vectors


def _peak():
    """The largest memory of this process so far, in MiB.

    `resource.getrusage` would count that of the process that started it, too.
    """
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 2**10


def _process(method, *sizes):
    code = (
        "import sys; from benchmarks import search_memory; "
        "print(search_memory.measure(sys.argv[1], *map(int, sys.argv[2:])))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, method, *map(str, sizes)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(process.stdout.split()[-1])
