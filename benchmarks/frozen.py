"""`python -m benchmarks frozen`: epochs on cached outputs, or on raw values."""

import io
import pathlib
import tempfile
from typing import Annotated

import numpy as np
import typer

from benchmarks import results
from benchmarks import timing

MIN_RATIO = 10  # Times as fast as an epoch that runs the frozen network.
_SIDE, _RATE, _SECONDS = 224, 16000, 2
_WORDS = "what is the colour of this shape beside that small one".split()


def run(
    network: Annotated[
        str, typer.Argument(metavar="KEY=NETWORK", help="model.image=FILE.")
    ],
    name: Annotated[
        str, typer.Option("--model", help="Architecture.")
    ] = "vqa-cnn-lstm",
    examples: Annotated[int, typer.Option(min=64)] = 512,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for frozen.json.")
    ] = None,
):
    """Compare epochs on the cached outputs of a frozen network with others.

    Examples are made up: photos of noise of 224 pixels, sounds of two seconds,
    texts of twelve words, each its own. One round is an epoch of each, in
    batches of 64.
    """
    with tempfile.TemporaryDirectory() as folder:
        epochs = _epochs(name, network, examples, pathlib.Path(folder))
        seconds = timing.interleave(epochs, repeats)
    for method, median in timing.medians(seconds).items():
        print(f"{method}: {median:.2f} s")
    ratio = timing.ratio(seconds["network"], seconds["cached"])
    print(f"cached: {ratio:.1f} times as fast")
    bars = [results.bar("times as fast", MIN_RATIO, ratio)]
    key = network.partition("=")[0]
    content = {"model": name, "network": key, "examples": examples}
    machine = results.machine("tensorflow", "keras")
    content |= {"seconds": seconds, "machine": machine, "bars": bars}
    results.save(out, "frozen", content)


def _epochs(name, network, count, folder):
    """Functions that train for an epoch, by method, warmed up."""
    import os

    import keras

    from mmkeras import memory
    from mmkeras.training import config
    from mmkeras.training import engine
    from mmkeras.training import recipes

    os.environ["MMKERAS_CACHE"] = str(folder)
    memory.keep_freed()
    keras.utils.set_random_seed(0)
    values = dict([network.split("=", 1)])
    changes = {"train.batch_size": 64, "train.epochs": 1, "train.head": "full"}
    resolved = config.resolve(name, values | changes)
    recipe = recipes.resolve(resolved.recipe, count)
    rows = engine.Data(_rows(count), _rows(64))
    options = {**resolved.build_options(), "min_count": 1}
    task = engine.build(name, rows, recipe, **options)
    methods = {"cached": True, "network": False}
    return {
        method: _epoch(
            task, recipe, engine.Examples(task, rows.train, keep=keep)
        )
        for method, keep in methods.items()
    }


def _epoch(task, recipe, examples):
    """A function that trains for an epoch."""
    from mmkeras.data import batches
    from mmkeras.training import optimizers
    from mmkeras.training import training_model

    batching = batches.Batching(64)
    steps = batches.steps(examples, batching)
    model = training_model.build(task, recipe, examples.cached)
    optimizers.compile_model(model, recipe, steps)

    def train(steps=steps):
        epoch = batches.training(examples, batching, 1)
        model.fit(epoch, steps_per_epoch=steps, verbose=0)

    train(1)
    return train


def _rows(count):
    """Examples with a value of each kind."""
    import PIL.Image
    import soundfile

    rng = np.random.default_rng(count)
    rows = []
    for i in range(count):
        photo, sound = io.BytesIO(), io.BytesIO()
        pixels = rng.integers(0, 256, (_SIDE, _SIDE, 3), "uint8")
        PIL.Image.fromarray(pixels).save(photo, "JPEG")
        samples = rng.uniform(-0.5, 0.5, _RATE * _SECONDS)
        soundfile.write(sound, samples, _RATE, format="WAV")
        text = " ".join(rng.choice(_WORDS, 12))
        rows.append(
            {
                "id": str(i),
                "image": photo.getvalue(),
                "audio": sound.getvalue(),
                "text": text,
                "question": text,
                "label": str(i % 3),
            }
        )
    return rows
