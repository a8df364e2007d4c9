"""`python -m benchmarks search`: exact and approximate search, beside faiss."""

import os
import pathlib
import time
from typing import Annotated

import numpy as np
import typer

from benchmarks import results
from benchmarks import search_memory
from benchmarks import timing
from benchmarks import translate

MIN_RATIO = 1  # Times as fast as the exact search of faiss.
_TOP = 10
_SMALL = 64  # Size of the embeddings whose memory is measured.


def run(
    items: Annotated[int, typer.Option(min=100)] = 100_000,
    dim: Annotated[int, typer.Option(min=2)] = 512,
    queries: Annotated[int, typer.Option(min=1)] = 100,
    graph: Annotated[
        bool, typer.Option(help="Also search approximately; takes minutes.")
    ] = True,
    memory: Annotated[
        int,
        typer.Option(
            min=0,
            help="Queries of a search whose memory is measured as well, with "
            "embeddings of 64 numbers; 0 for none.",
        ),
    ] = 10_000,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    cpu_time: translate.CpuTime = False,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for search.json.")
    ] = None,
):
    """Compare the search of an index with the exact one of faiss.

    Vectors lie around a tenth as many centres. One round searches once with
    all queries, and with one alone; the ten nearest are found. Also measures
    the memory of searching, and of ranking all items, for many queries.
    """
    load = os.getloadavg()[0]
    vectors = _vectors(items, dim)
    sought = vectors[:: max(items // queries, 1)][:queries]
    searches, recall = _searches(vectors, sought, graph)
    clock = time.process_time if cpu_time else time.perf_counter
    seconds = timing.interleave(searches, repeats, clock)
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
    content["clock"] = clock.__name__
    machine = results.machine("numpy", "faiss-cpu") | {"load": load}
    content |= {"seconds": seconds, "recall": recall}
    if memory:
        content["memory"] = search_memory.table(items, memory, _SMALL)
        bars += _memory_bars(content["memory"])
    results.save(out, "search", content | {"machine": machine, "bars": bars})


def _memory_bars(table):
    """Prints the memory of many queries; returns its bars."""
    whole, bars = table["products_mib"], []
    for method in search_memory.METHODS:
        used = table[f"{method}_mib"]
        print(f"{method}: {used:.0f} MiB; all products: {whole:,.0f} MiB")
        name = f"all products to the memory of {method}"
        ratio = whole / max(used, 1)
        bars.append(results.bar(name, search_memory.MIN_RATIO, ratio))
    return bars


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
