"""`mmkeras quickstart`."""

import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Annotated

import typer

_SIDE = 48  # Of the images, in pixels.
_DRAWN = 12  # Images with captions.


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
    held = min(400, train)
    source = shapes.write(
        home / "world",
        train,
        held,
        held,
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
    files = [row["image"] for row in test[:_DRAWN]]
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
    with RunFolder(home / "run").open(arguments, overwrite=True) as held:
        task = build.build(
            "caption-cnn-lstm", rows, recipe, image_size=_SIDE, min_count=1
        )
        with progress.epochs(epochs) as shown:
            engine.fit(
                task,
                rows,
                held.path,
                recipe,
                seed,
                progress.counter("images"),
                verbose=0,
                callbacks=[shown],
            )
        task.save(held.path)
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
    for name, said in rows.items():
        figures = task.score_texts(said, references)
        right = [
            shapes.check_caption(t, s).correct for t, s in zip(said, scenes)
        ]
        table.add_row(
            name,
            f"{100 * figures['bleu_4']:.1f}",
            f"{figures['cider']:.2f}",
            f"{100 * sum(right) / len(right):.1f} %",
        )
    table.add_section()
    right = _right_of_new_things(task, shapes, len(texts), seed)
    table.add_row("... with shapes never trained on", "", "", f"{right:.1f} %")
    Console().print(table)


def _right_of_new_things(task, shapes, count, seed):
    """Percentage of correct captions for shapes that were not in training."""
    import numpy as np

    scenes = shapes.scenes("things", count, seed)
    pixels = np.stack([shapes.render(scene, _SIDE) for scene in scenes])
    said = task.generate(pixels, beam=3)
    right = [shapes.check_caption(t, s).correct for t, s in zip(said, scenes)]
    return 100 * sum(right) / len(right)


def _draw(pixels, texts, path):
    from mmkeras.evaluation import figures

    drawn = figures.captions(pixels, texts[: len(pixels)])
    figures.write_png(drawn, path)
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
    said = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True
    )
    typer.echo(said.stdout.strip())
