"""`python -m benchmarks search`: exact and approximate search, beside faiss."""

import pathlib
from typing import Annotated

import numpy as np
import typer

from benchmarks import results
from benchmarks import timing

MIN_RATIO = 1  # Times as fast as the exact search of faiss.
_TOP = 10


def run(
    items: Annotated[int, typer.Option(min=100)] = 100_000,
    dim: Annotated[int, typer.Option(min=2)] = 512,
    queries: Annotated[int, typer.Option(min=1)] = 100,
    graph: Annotated[
        bool, typer.Option(help="Also search approximately; takes minutes.")
    ] = True,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for search.json.")
    ] = None,
):
    """Compare the search of an index with the exact one of faiss.

    Vectors lie around a tenth as many centres. One round searches once with
    all queries, and with one alone; the ten nearest are found.
    """
    vectors = _vectors(items, dim)
    sought = vectors[:: max(items // queries, 1)][:queries]
    searches, recall = _searches(vectors, sought, graph)
    seconds = timing.interleave(searches, repeats)
    medians = timing.medians(seconds)
    for method, median in medians.items():
        print(f"{method}: {1000 * median:.1f} ms")
    ratios = {
        size: timing.ratio(seconds[f"faiss, {size}"], seconds[f"exact, {size}"])
        for size in ("all", "one")
    }
    for size, ratio in ratios.items():
        print(f"exact, {size}: {ratio:.2f} times as fast as faiss")
    if recall is not None:
        print(f"graph: {recall:.1%} of the ten nearest")
    bars = [
        results.bar(f"times as fast as faiss, {size}", MIN_RATIO, ratio)
        for size, ratio in ratios.items()
    ]
    content = {"items": items, "dim": dim, "queries": len(sought)}
    machine = results.machine("numpy", "faiss-cpu")
    content |= {"seconds": seconds, "recall": recall}
    results.save(out, "search", content | {"machine": machine, "bars": bars})


def _vectors(items, dim):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(max(items // 10, 1), dim)).astype("float32")
    vectors = centres[rng.integers(0, len(centres), items)]
    vectors += rng.normal(0, 0.5, vectors.shape).astype("float32")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _searches(vectors, queries, graph):
    """Functions that search, by method, and the recall of the graph."""
    import faiss

    from mmkeras.serving import index as search_index
    from mmkeras.serving import neighbours

    names = [{"name": str(i), "key": str(i)} for i in range(len(vectors))]

    def index():
        return search_index.Index("run", "digest", "image", names, vectors)

    flat, exact, near = faiss.IndexFlatIP(vectors.shape[1]), index(), index()
    flat.add(vectors)
    methods, recall = {"exact": exact.search, "faiss": flat.search}, None
    if graph:
        near.graph = neighbours.build(vectors)
        recall = near.recall(_TOP)
        methods["graph"] = near.search
    parts = {"all": queries, "one": queries[:1]}
    return {
        f"{method}, {size}": _call(search, part)
        for method, search in methods.items()
        for size, part in parts.items()
    }, recall


def _call(search, queries):
    return lambda: search(queries, _TOP)
