"""`python -m benchmarks retrieve`: a contrastive step, beside open_clip."""

import pathlib
from typing import Annotated

import numpy as np
import typer

from benchmarks import results
from benchmarks import timing

MIN_RATIO = 1  # Times as fast as open_clip.
_HEADS = 4
_PATCH = 8
_WORDS = 5000


def run(
    batch_size: Annotated[int, typer.Option("--batch", min=2)] = 64,
    side: Annotated[
        int, typer.Option(min=8, help="Of the images, in pixels.")
    ] = 64,
    length: Annotated[int, typer.Option(min=2, help="Of the texts.")] = 16,
    dim: Annotated[int, typer.Option(min=4)] = 192,
    depth: Annotated[int, typer.Option(min=1, help="Blocks of a tower.")] = 4,
    steps: Annotated[int, typer.Option(min=1, help="Per round.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 7,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for retrieve.json.")
    ] = None,
):
    """Compare a contrastive training step with open_clip's.

    A Vision Transformer and a text Transformer of equal width and depth, the
    contrastive loss and AdamW, in float32, on the same batch, with one thread
    per core. `pip install open_clip_torch` to compare with.
    """
    try:
        import torch
        from open_clip import loss as _  # Before anything is measured.
    except ImportError as error:
        raise typer.BadParameter(
            "This benchmark needs open_clip to compare with: "
            "pip install open_clip_torch"
        ) from error
    torch.set_num_threads(results.cores())
    pixels, tokens = batch(batch_size, side, length)
    methods = {
        "mmkeras": ours(pixels, tokens, dim, depth),
        "open_clip": theirs(pixels, tokens, dim, depth),
    }
    for train, _ in methods.values():
        train(steps)
    seconds = timing.interleave(
        {key: lambda t=train: t(steps) for key, (train, _) in methods.items()},
        repeats,
    )
    medians = timing.medians(seconds)
    rows = [
        {
            "method": key,
            "milliseconds": 1000 * medians[key] / steps,
            "parameters": count,
        }
        for key, (_, count) in methods.items()
    ]
    ratio = timing.ratio(seconds["open_clip"], seconds["mmkeras"])
    bars = [results.bar("times as fast as open_clip", MIN_RATIO, ratio)]
    columns = {
        "": lambda row: row["method"],
        "ms per step": lambda row: f"{row['milliseconds']:.0f}",
        "weights": lambda row: f"{row['parameters']:,}",
    }
    title = f"batches of {batch_size}, {dim} wide, {depth} blocks per tower"
    results.show(title, columns, rows, [], bars)
    content = {
        "batch_size": batch_size,
        "side": side,
        "length": length,
        "dim": dim,
        "depth": depth,
        "machine": results.machine(
            "tensorflow", "keras", "torch", "open_clip_torch"
        ),
        "rows": rows,
        "seconds": seconds,
        "bars": bars,
    }
    results.save(out, "retrieve", content)


def batch(size, side, length, seed=0):
    """Draws images and texts.

    Args:
        size: int. Number of pairs.
        side: int. Of the images, in pixels.
        length: int. Of the texts, in ids.
        seed: int.

    Returns:
        Tuple of pixels `(size, side, side, 3)` in [0, 1], and ids
        `(size, length)`, none of them padding.
    """
    rng = np.random.default_rng(seed)
    pixels = rng.random((size, side, side, 3), "float32")
    return pixels, rng.integers(1, _WORDS, (size, length), dtype="int32")


def ours(pixels, tokens, dim, depth):
    """Makes a training step of mmkeras.

    Args:
        pixels: As of `batch`.
        tokens: As of `batch`.
        dim: int. Width of both towers.
        depth: int. Blocks of each tower.

    Returns:
        Tuple of a function of a number of steps, and the number of weights.
    """
    import keras
    import tensorflow as tf

    import mmkeras
    from mmkeras import branches
    from mmkeras import losses

    shape, length = pixels.shape[1:], tokens.shape[1]
    model = mmkeras.build_model(
        "retrieve-image-text",
        dim=dim,
        dropout=0.0,
        image=branches.image.vit(
            shape, dim, depth, _HEADS, _PATCH, dropout=0.0
        ),
        text=branches.text.transformer(
            _WORDS, dim, length, depth, _HEADS, dropout=0.0
        ),
    )
    model.compile(keras.optimizers.AdamW(1e-4), losses.ContrastiveLoss())
    model.optimizer.build(model.trainable_variables)
    x = {"image": tf.constant(pixels), "text": tf.constant(tokens)}
    data = x, tf.range(len(pixels))
    step = tf.function(model.train_step)

    def train(steps):
        for _ in range(steps):
            logs = step(data)
        return float(logs["loss"])

    return train, model.count_params()


def theirs(pixels, tokens, dim, depth):
    """Makes a training step of open_clip; see `ours`."""
    import torch
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP
    from open_clip.model import CLIPTextCfg
    from open_clip.model import CLIPVisionCfg

    vision = CLIPVisionCfg(
        layers=depth,
        width=dim,
        head_width=dim // _HEADS,
        patch_size=_PATCH,
        image_size=pixels.shape[1],
    )
    text = CLIPTextCfg(
        context_length=tokens.shape[1],
        vocab_size=_WORDS,
        width=dim,
        heads=_HEADS,
        layers=depth,
    )
    model = CLIP(dim, vision, text)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    compute_loss = ClipLoss()
    images = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())
    texts = torch.from_numpy(tokens.astype("int64"))

    def train(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = compute_loss(*model(images, texts))
            loss.backward()
            optimizer.step()
        return loss.item()

    return train, sum(weight.numel() for weight in model.parameters())
