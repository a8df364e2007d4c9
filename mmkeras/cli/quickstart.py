"""`mmkeras quickstart`."""

import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Annotated

import typer

_SIDE = 48  # Of the images, in pixels.
_NUM_PLOTTED = 12  # Images with captions.


def run(
    folder: Annotated[
        str | None,
        typer.Option(
            help="Folder to write to. [default: a new temporary folder]"
        ),
    ] = None,
    train: Annotated[int, typer.Option(min=50, help="Images.")] = 60000,
    epochs: Annotated[int, typer.Option(min=1)] = 1,
    seed: int = 0,
):
    """Train, evaluate, export and run a captioning model, offline."""
    import keras

    from mmkeras.cli import progress
    from mmkeras.data import cache
    from mmkeras.data import datasets
    from mmkeras.data.synthetic import shapes
    from mmkeras.training.examples import Data
    from mmkeras.training.examples import Examples

    home = pathlib.Path(folder or tempfile.mkdtemp(prefix="mmkeras-"))
    typer.echo(
        f"Rendering a synthetic data set of coloured shapes into {home} ..."
    )
    count = min(400, train)
    source = shapes.write(
        home / "world",
        train,
        count,
        count,
        seed,
        size=_SIDE,
        progress=progress.counter("images"),
        workers=os.cpu_count(),
    )
    data = datasets.get(source)
    rows = Data(*map(data.rows, ("train", "val")))
    typer.echo(f"Training caption-cnn-lstm on {len(rows.train)} images ...")
    keras.utils.set_random_seed(seed)
    task = _train(rows, home, epochs, seed)
    examples = Examples(task, data.rows("test"))
    test, texts = task.texts(examples, examples.outputs(beam=3))
    _score(task, test, texts, shapes, rows.train, seed)
    files = [row["image"] for row in test[:_NUM_PLOTTED]]
    pixels, _ = next(cache.batches(files, task.codecs["image"]))
    _draw(pixels, texts, home / "captions.png")
    _serve(task, pixels[0], home)


def _train(rows, home, epochs, seed):
    import keras

    import mmkeras
    from mmkeras import branches
    from mmkeras.cli import progress
    from mmkeras.training import build
    from mmkeras.training import engine
    from mmkeras.training import recipes
    from mmkeras.training.folder import RunFolder

    recipe = recipes.Recipe(
        epochs=epochs,
        batch_size=64,
        learning_rate=4e-3,
        label_smoothing=0.0,
        bucket_by_length=True,
        model={
            "dim": 256,
            "dropout": 0.0,
            "inject": "par",
            "image": branches.image.cnn_flat((_SIDE, _SIDE, 3), 64),
        },
    )
    arguments = {"epochs": epochs, "seed": seed, "data": rows.fingerprint}
    with RunFolder(home / "run").open(arguments, overwrite=True) as run:
        task = build.build(
            "caption-cnn-lstm", rows, recipe, image_size=_SIDE, min_count=1
        )
        with progress.epochs(epochs) as callback:
            engine.fit(
                task,
                rows,
                run.path,
                recipe,
                seed,
                progress.counter("images"),
                verbose=0,
                callbacks=[callback],
            )
        task.save(run.path)
    keras.config.set_dtype_policy("float32")
    return mmkeras.load(home / "run")


def _score(task, test, texts, shapes, train, seed):
    from rich.console import Console
    from rich.table import Table

    scenes = shapes.scenes("test", len(texts), seed)
    constant = shapes.constant_caption(row["captions"] for row in train)
    references = [row["captions"] for row in test]
    rows = {
        "this model": texts,
        "oracle captions": shapes.oracle_captions(scenes),
        "constant caption": [constant] * len(texts),
    }
    table = Table(
        "captions",
        "BLEU-4",
        "CIDEr",
        "fully correct",
        title=f"{len(texts)} test images, combinations never trained on",
        title_justify="left",
    )
    for name, captions in rows.items():
        metrics = task.score_texts(captions, references)
        accuracy = _accuracy(shapes, captions, scenes)
        table.add_row(
            name,
            f"{100 * metrics['bleu_4']:.1f}",
            f"{metrics['cider']:.2f}",
            f"{accuracy:.1f} %",
        )
    table.add_section()
    accuracy = _accuracy_on_new_shapes(task, shapes, len(texts), seed)
    table.add_row(
        "... with shapes never trained on", "", "", f"{accuracy:.1f} %"
    )
    Console().print(table)


def _accuracy_on_new_shapes(task, shapes, count, seed):
    """Percentage of correct captions for shapes that were not in training."""
    import numpy as np

    scenes = shapes.scenes("things", count, seed)
    pixels = np.stack([shapes.render(scene, _SIDE) for scene in scenes])
    captions = task.generate(pixels, beam=3)
    return _accuracy(shapes, captions, scenes)


def _accuracy(shapes, captions, scenes):
    """Percentage of correct captions."""
    pairs = zip(captions, scenes)
    is_correct = [shapes.check_caption(*pair).correct for pair in pairs]
    return 100 * sum(is_correct) / len(is_correct)


def _draw(pixels, texts, path):
    from mmkeras.evaluation import figures

    figure = figures.captions(pixels, texts[: len(pixels)])
    figures.write_png(figure, path)
    typer.echo(f"Wrote figure {path}.")


def _serve(task, pixels, home):
    import io

    from PIL import Image

    from mmkeras import serving

    path = serving.export(task, home / "export", beam=3)
    typer.echo(f"Exported {path}; it generates the same captions as the model.")
    photo = home / "photo.jpg"
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=95)
    photo.write_bytes(data.getvalue())
    command = ["-m", "mmkeras.serving.run", str(home / "export"), str(photo)]
    typer.echo(f"$ python {' '.join(command)}")
    process = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True
    )
    typer.echo(process.stdout.strip())
