"""`python -m benchmarks pipeline`: the reading of images."""

import os
import pathlib
import tempfile
import time
from typing import Annotated

import typer

from benchmarks import images
from benchmarks import results
from benchmarks import timing

METHODS = {
    "uncached": "mmkeras: cache.batches, without a cache",
    "dataset": "mmkeras: examples.load, codecs.Image in tf.data",
    "cached": "mmkeras: Examples, decoded in advance, and batches.training",
    "keras": "keras.utils.image_dataset_from_directory; gives float32",
    "torch": "torch DataLoader with PIL, as many workers as cores",
    "torch_half": "the same with half as many workers",
    "torch_double": "the same with twice as many workers",
    "pil": "PIL in a loop",
}
PACKAGES = (
    "tensorflow",
    "keras",
    "torch",
    "pillow",
    "simplejpeg",
    "opencv-python-headless",
)
BARS = {
    "cached": 4,
    "uncached": 2,
}  # Minimum speed-up over the best DataLoader.


def run(
    kinds: Annotated[
        list[str] | None,
        typer.Option("--images", help="flickr8k, rendered; default: all."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Images.")] = 4096,
    size: Annotated[int, typer.Option(min=1, help="Side in pixels.")] = 224,
    batch_size: Annotated[int, typer.Option("--batch", min=1)] = 64,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for pipeline.json.")
    ] = None,
):
    """Compare ways to read images.

    From JPEG files to batches of one size: mmkeras without and with its
    cache and in tf.data, Keras' image_dataset_from_directory, a torch
    DataLoader with PIL, and PIL in a loop. A round is an epoch, including
    its start: in tf.data, mmkeras takes a third of a second to set up its
    decoder, which dominates for few images.
    """
    if count % batch_size:
        raise typer.BadParameter(
            "Expected whole batches: --count must be a multiple of --batch. "
            f"Received: --count {count} --batch {batch_size}"
        )
    rows = [
        _measure(kind, count, (size, size), batch_size, repeats)
        for kind in kinds or images.kinds()
    ]
    bars = [item for row in rows for item in _bars(row)]
    title = (
        f"{count} images to {size} x {size}, batches of {batch_size}; "
        f"images per second, median of {repeats} rounds"
    )
    results.show(title, _columns(), rows, _notes(rows), bars)
    content = {
        "images": count,
        "size": size,
        "batch_size": batch_size,
        "repeats": repeats,
        "machine": results.machine(*PACKAGES),
        "methods": METHODS,
        "rows": rows,
        "bars": bars,
    }
    results.save(out, "pipeline", content)


def consume(read):
    """Reads one epoch and touches its values.

    Args:
        read: A function of `benchmarks.readers`.

    Returns:
        Tuple of the number of images and the set of their shapes.
    """
    count, shapes = 0, set()
    for batch in read():
        count += len(batch)
        shapes.add(batch.shape[1:])
        batch[:, ::8, ::8].sum()
    return count, shapes


def readers_of(rows, size, batch_size, folder):
    """Makes all methods.

    Args:
        rows: Rows of a data set, files in one folder.
        size: Height and width.
        batch_size: int.
        folder: Folder for the cache.

    Returns:
        Tuple of a dict of name to reader, and the seconds to build the cache.
    """
    from benchmarks import readers

    setting = (rows, size, batch_size)
    cores = results.cores()
    started = time.perf_counter()
    cached = readers.cached(*setting, folder)
    seconds = time.perf_counter() - started
    workers = {
        "torch": cores,
        "torch_half": max(cores // 2, 1),
        "torch_double": 2 * cores,
    }
    methods = {
        "uncached": readers.uncached(*setting),
        "dataset": readers.dataset(*setting),
        "cached": cached,
        "keras": readers.keras_directory(*setting),
        **{
            name: readers.torch_loader(*setting, number)
            for name, number in workers.items()
        },
        "pil": readers.pil_loop(*setting),
    }
    return methods, seconds


def _measure(kind, count, size, batch_size, repeats):
    """Times all methods on one kind of images."""
    with tempfile.TemporaryDirectory() as home:
        folder = pathlib.Path(home, "images")
        folder.mkdir()
        rows = images.gather(kind, count, folder)
        num_bytes = sum(os.path.getsize(row["image"]) for row in rows)
        methods, building = readers_of(
            rows, size, batch_size, pathlib.Path(home, "cache")
        )
        for read in methods.values():
            consume(read)
        seconds = timing.interleave(
            {
                name: lambda read=read: consume(read)
                for name, read in methods.items()
            },
            repeats,
        )
    medians = timing.medians(seconds)
    torch = min((name for name in METHODS if "torch" in name), key=medians.get)
    return {
        "kind": kind,
        "kilobytes": round(num_bytes / count / 1000, 1),
        "building": building,
        "per_second": {name: count / s for name, s in medians.items()},
        "rounds": seconds,
        "best_torch": torch,
        "ratios": {
            name: timing.ratio(seconds[torch], seconds[name])
            for name in METHODS
        },
    }


def _bars(row):
    """Yields the bars of a row: ours against the best DataLoader."""
    for name, minimum in BARS.items():
        title = f"{row['kind']}, {name}: times as fast as torch with PIL"
        yield results.bar(title, minimum, row["ratios"][name])


def _columns():
    def rate(name):
        return lambda row: f"{row['per_second'][name]:.0f}"

    def times(name):
        return lambda row: f"{row['ratios'][name]:.1f}x"

    return {
        "images": lambda row: row["kind"],
        "KB": lambda row: f"{row['kilobytes']:.0f}",
        **{name.replace("_", " "): rate(name) for name in METHODS},
        "uncached / torch": times("uncached"),
        "cached / torch": times("cached"),
    }


def _notes(rows):
    notes = [
        f"{row['kind']}: the cache took {row['building']:.1f} s to build; "
        f"the fastest DataLoader is {row['best_torch']}"
        for row in rows
    ]
    return [f"torch has {results.cores()} workers, or half, double", *notes]
