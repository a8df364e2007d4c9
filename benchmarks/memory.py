"""`python -m benchmarks memory`: training steps that keep freed memory."""

import pathlib
import statistics
import subprocess
import sys
from typing import Annotated

import typer

from benchmarks import results

MIN_RATIO = 1  # Minimum speed of a step, relative to glibc's defaults.
_LENGTH, _WORDS, _SIDE = 10, 42, 48


def run(
    steps: Annotated[int, typer.Option(min=1, help="Steps per round.")] = 150,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    batch_size: Annotated[int, typer.Option("--batch", min=1)] = 64,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for memory.json.")
    ] = None,
):
    """Compare training steps with `memory.keep_freed` and without it.

    The captioning model of `mmkeras quickstart`, on one batch. Each round
    starts a process for each, in turns: the setting holds for a process.
    """
    seconds = {"default": [], "keep_freed": []}
    for turn in range(repeats):
        for name in sorted(seconds, reverse=bool(turn % 2)):
            seconds[name].append(_process(name, batch_size, steps))
            print(f"{name}: {1e3 * seconds[name][-1]:.1f} ms", flush=True)
    pairs = zip(seconds["default"], seconds["keep_freed"])
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"keep_freed: {ratio:.2f} times as fast")
    bars = [results.bar("times as fast", MIN_RATIO, ratio)]
    content = {"batch_size": batch_size, "steps": steps, "seconds": seconds}
    machine = results.machine("tensorflow", "keras")
    results.save(out, "memory", {**content, "machine": machine, "bars": bars})


def measure(name, batch_size, steps):
    """Returns seconds per training step in this process."""
    import time

    import keras
    import numpy as np

    import mmkeras
    from mmkeras import branches
    from mmkeras import memory

    if name == "keep_freed":
        memory.keep_freed()
    model = mmkeras.build_model(
        "caption-cnn-lstm",
        vocabulary_size=_WORDS,
        image_shape=(_SIDE, _SIDE, 3),
        dim=256,
        dropout=0.0,
        inject="par",
        image=branches.image.cnn_flat((_SIDE, _SIDE, 3), 64),
    )
    model.compile(
        keras.optimizers.AdamW(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, _WORDS, (batch_size, _LENGTH + 1))
    x = {
        "image": rng.random((batch_size, _SIDE, _SIDE, 3), "float32"),
        "tokens": tokens[:, :-1],
    }
    for count in (min(steps, 50), steps):  # The first ones warm up.
        started = time.perf_counter()
        for _ in range(count):
            model.train_on_batch(x, tokens[:, 1:])
    return (time.perf_counter() - started) / steps


def _process(name, batch_size, steps):
    code = (
        "import sys; from benchmarks import memory; "
        "print(memory.measure(sys.argv[1], *map(int, sys.argv[2:])))"
    )
    arguments = [name, str(batch_size), str(steps)]
    process = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(process.stdout.split()[-1])
