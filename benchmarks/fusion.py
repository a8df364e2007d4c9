"""`python -m benchmarks fusion`: a training step of every fusion."""

import pathlib
import statistics
from typing import Annotated

import typer

from benchmarks import results
from benchmarks import timing

METHODS = {
    "mmkeras": "train_step of Keras on TensorFlow, compiled by tf.function",
    "fit": "the same in fit, reading the batch from tf.data",
    "torch": "PyTorch, textbook loop: zero_grad, loss, backward, step",
}
MIN_RATIO = 1  # Minimum speed of the median fusion, relative to PyTorch.


def run(
    names: Annotated[
        list[str] | None,
        typer.Option("--fusion", help="Names; default: all."),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch", min=1)] = 64,
    inputs: Annotated[int, typer.Option(min=2, help="Modalities.")] = 3,
    size: Annotated[int, typer.Option(min=1, help="Features of each.")] = 64,
    length: Annotated[
        int, typer.Option(min=1, help="Length of sequences.")
    ] = 20,
    steps: Annotated[int, typer.Option(min=1, help="Per round.")] = 20,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 7,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for fusion.json.")
    ] = None,
):
    """Compare a training step of every fusion with PyTorch's.

    A fusion between inputs and one dense layer: forward, backward and Adam,
    in float32, on the same batch, with one thread per core. Only the
    computation of a step is timed; `fit` also reads the batch.
    """
    try:
        import torch
    except ImportError as error:
        raise typer.BadParameter(
            "This benchmark needs PyTorch to compare with: pip install torch"
        ) from error
    from mmkeras import fusion

    torch.set_num_threads(results.cores())
    shape = (batch_size, inputs, size, length)
    rows = [
        _measure(name, shape, steps, repeats)
        for name in names or fusion.names()
    ]
    median = statistics.median(row["ratio"] for row in rows)
    bars = [results.bar("the median fusion: times PyTorch", MIN_RATIO, median)]
    title = (
        f"{inputs} inputs of {size} features, of sequences {length} steps, "
        f"batches of {batch_size}; milliseconds per step, median of {repeats}"
    )
    results.show(title, _columns(), rows, [], bars)
    content = {
        "batch_size": batch_size,
        "inputs": inputs,
        "size": size,
        "length": length,
        "steps": steps,
        "repeats": repeats,
        "machine": results.machine("tensorflow", "keras", "torch"),
        "methods": METHODS,
        "rows": rows,
        "bars": bars,
    }
    results.save(out, "fusion", content)


def batch(name, shape, seed=0):
    """Draws inputs and targets.

    Args:
        name: Name of a fusion.
        shape: Tuple of batch size, inputs, features and steps.
        seed: int.

    Returns:
        Tuple of a list of float32 arrays, sequences if the fusion takes them,
        and an array of targets of shape `(batch, 1)`.
    """
    import numpy as np

    from mmkeras import fusion

    count, inputs, size, length = shape
    steps = getattr(fusion.names()[name], "takes_sequences", False)
    rng = np.random.default_rng(seed)
    shape = (count, length, size) if steps else (count, size)
    x = [rng.normal(size=shape).astype("float32") for _ in range(inputs)]
    return x, rng.normal(size=(count, 1)).astype("float32")


def ours(name, x, y, reads=False):
    """Makes a training step of mmkeras.

    Args:
        name: Name of a fusion.
        x: List of arrays.
        y: Array of targets.
        reads: bool. Whether each step reads the batch from tf.data, as in
            `fit`; else it is in memory, as for PyTorch.

    Returns:
        Tuple of a function of a number of steps, and the number of weights of
        the fusion.
    """
    import keras
    import tensorflow as tf

    from mmkeras import fusion

    inputs = [keras.Input(array.shape[1:]) for array in x]
    layer = fusion.get(name, dropout=0.0)
    fused = layer(inputs)
    if len(fused.shape) == 3:
        fused = keras.ops.mean(fused, axis=1)
    model = keras.Model(inputs, keras.layers.Dense(1)(fused))
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    data = tf.nest.map_structure(tf.constant, (tuple(x), y))
    if reads:
        data = iter(tf.data.Dataset.from_tensors(data).cache().repeat())
        model.make_train_function()
        step = model.train_function
    else:
        step = tf.function(model.train_step)

    def train(steps):
        for _ in range(steps):
            logs = step(data)
        return float(logs["loss"])

    return train, layer.count_params()


def theirs(name, x, y):
    """Makes a training step of PyTorch; see `ours`."""
    import torch

    from benchmarks import torch_fusions

    kind = getattr(torch_fusions, _class_name(name))
    sizes = [array.shape[-1] for array in x]
    layer = kind(sizes) if _has_weights(kind) else kind()
    x = [torch.from_numpy(array) for array in x]
    y = torch.from_numpy(y)
    width = layer(x).shape[-1]
    head = torch.nn.Linear(width, 1)
    weights = [*layer.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights)

    def train(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            fused = layer(x)
            fused = fused.mean(dim=1) if fused.dim() == 3 else fused
            loss = torch.nn.functional.mse_loss(head(fused), y)
            loss.backward()
            optimizer.step()
        return loss.item()

    return train, sum(weight.numel() for weight in layer.parameters())


def _measure(name, shape, steps, repeats):
    x, y = batch(name, shape)
    methods = {
        "mmkeras": ours(name, x, y),
        "fit": ours(name, x, y, reads=True),
        "torch": theirs(name, x, y),
    }
    for train, _ in methods.values():
        train(steps)
    seconds = timing.interleave(
        {key: lambda t=train: t(steps) for key, (train, _) in methods.items()},
        repeats,
    )
    medians = timing.medians(seconds)
    return {
        "fusion": name,
        "milliseconds": {k: 1000 * s / steps for k, s in medians.items()},
        "parameters": {key: count for key, (_, count) in methods.items()},
        "ratio": timing.ratio(seconds["torch"], seconds["mmkeras"]),
        "ratio_fit": timing.ratio(seconds["torch"], seconds["fit"]),
    }


def _columns():
    def cell(column, key, form):
        return lambda row: form.format(row[column][key])

    return {
        "fusion": lambda row: row["fusion"],
        "mmkeras": cell("milliseconds", "mmkeras", "{:.2f}"),
        "fit": cell("milliseconds", "fit", "{:.2f}"),
        "torch": cell("milliseconds", "torch", "{:.2f}"),
        "torch / mmkeras": lambda row: f"{row['ratio']:.2f}",
        "weights": cell("parameters", "mmkeras", "{:,}"),
        "torch's": cell("parameters", "torch", "{:,}"),
    }


def _class_name(name):
    from mmkeras import fusion

    return fusion.names()[name].__name__


def _has_weights(kind):
    return "__init__" in vars(kind)
