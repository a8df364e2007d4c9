"""`python -m benchmarks precision`: training steps by precision, on JAX."""

import math
import pathlib
import statistics
import time
from typing import Annotated

import typer

from benchmarks import jax_steps
from benchmarks import results
from benchmarks import timing

PLAIN, POLICIES = "float32", ("mixed_bfloat16", "mixed_float16")
MODELS = (
    "caption-cnn-lstm",
    "caption-cnn-attention-lstm",
    "caption-cnn-transformer",
    "caption-vit-transformer",
    "classify-image-text-audio-bottleneck",
    "sentiment-text-audio-transformer",
    "vqa-cnn-transformer",
    "dialogue-text-image-transformer",
)
MIN_RATIO = 1  # Minimum speed of the median model, relative to float32.
LOSS_TOLERANCE = 0.02  # Relative to the mean loss in float32.


def run(
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="Names; default: eight different ones."),
    ] = None,
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", help="Besides float32; default: both."),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch", min=1)] = 64,
    length: Annotated[
        int, typer.Option(min=1, help="Length of free axes.")
    ] = 20,
    tiny: Annotated[
        bool, typer.Option("--tiny", help="Smallest size of each model.")
    ] = False,
    steps: Annotated[int, typer.Option(min=1, help="Per round.")] = 20,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5,
    side: Annotated[
        int, typer.Option(min=1, help="Side of the matrices for the peak.")
    ] = 8192,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for precision.json.")
    ] = None,
):
    """Compare training steps in float32, bfloat16 and float16 on JAX.

    Each model with its defaults: forward, backward and AdamW as compiled by
    `fit`, on one batch on the device. The peak is measured first, with a
    product of bfloat16 matrices; a step counts as three times the matrix
    products and convolutions of the forward pass. JAX has no float16 on CPUs:
    use `--policy mixed_bfloat16` there.
    """
    import keras

    if keras.backend.backend() != "jax":
        raise typer.BadParameter(
            "This benchmark measures the JAX backend: set KERAS_BACKEND=jax. "
            f"Received: {keras.backend.backend()!r}"
        )
    policies = (PLAIN, *(policies or POLICIES))
    peak, rows = _peak(side), []
    for name in models or MODELS:
        steps_by_policy, errors = _steps(
            name, policies, (batch_size, length, tiny)
        )
        row = {"model": name, "failed": errors}
        rows.append(row | _measure(steps_by_policy, steps, repeats))
        print(_line(rows[-1]), flush=True)
    bars = [
        results.bar(
            f"{policy}, the median: times float32",
            MIN_RATIO,
            statistics.median(row["ratio"].get(policy, 0.0) for row in rows),
        )
        for policy in policies[1:]
    ]
    title = (
        f"batches of {batch_size}, sequences {length}; milliseconds per step, "
        f"median of {repeats}; the peak is {peak / 1e12:.3g} TFLOP/s"
    )
    results.show(title, _columns(peak, policies), rows, _notes(rows), bars)
    content = {
        "batch_size": batch_size,
        "length": length,
        "tiny": tiny,
        "steps": steps,
        "repeats": repeats,
        "machine": {"device": _device(), **results.machine("jax", "keras")},
        "peak": {"side": side, "flops": peak},
        "rows": rows,
        "bars": bars,
    }
    results.save(out, "precision", content)


def _steps(name, policies, options):
    """Makes, compiles and runs the steps of a model, one per policy."""
    steps_by_policy, errors = {}, {}
    for policy in policies:
        try:
            train, forward, weights = jax_steps.step(name, policy, options)
            started = time.perf_counter()
            train(1)
        except Exception as error:  # Any failure of the backend.
            errors[policy] = f"{type(error).__name__}: {error}".split("\n")[0]
            continue
        steps_by_policy[policy] = {
            "train": train,
            "forward": forward,
            "weights": weights,
            "compiling": time.perf_counter() - started,
        }
    return steps_by_policy, errors


def _measure(steps_by_policy, steps, repeats):
    if not steps_by_policy:
        return {"milliseconds": {}, "ratio": {}, "mean_loss": {}}
    seconds = timing.interleave(
        {k: lambda m=m: m["train"](steps) for k, m in steps_by_policy.items()},
        repeats,
    )
    medians = timing.medians(seconds)
    # Operations are counted in float32: fused ones differ by precision.
    first = next(iter(steps_by_policy.values()))
    return {
        "milliseconds": {k: 1000 * s / steps for k, s in medians.items()},
        "ratio": {
            policy: timing.ratio(seconds[PLAIN], times)
            for policy, times in seconds.items()
            if PLAIN in seconds
        },
        "flops": 3 * first["forward"],
        "parameters": first["weights"],
        "compiling": {k: m["compiling"] for k, m in steps_by_policy.items()},
        "mean_loss": {k: m["train"](1) for k, m in steps_by_policy.items()},
    }


def _peak(side):
    """Measures floating-point operations per second with bfloat16 matrices."""
    import jax
    import jax.numpy as jnp

    keys = jax.random.split(jax.random.key(0))
    a, b = (jax.random.normal(k, (side, side), jnp.bfloat16) for k in keys)
    product = jax.jit(jnp.matmul)
    product(a, b).block_until_ready()

    def ten():
        for _ in range(10):
            c = product(a, b)
        c.block_until_ready()

    seconds = timing.medians(timing.interleave({"peak": ten}, 5))["peak"]
    return 10 * 2 * side**3 / seconds


def _device():
    import jax

    return jax.devices()[0].device_kind


def _columns(peak, policies):
    def milliseconds(policy):
        def cell(row):
            ms = row["milliseconds"].get(policy)
            return "failed" if ms is None else f"{ms:.2f}"

        return cell

    def share(policy):
        def cell(row):
            ms = row["milliseconds"].get(policy)
            return f"{row['flops'] / ms * 1000 / peak:.1%}" if ms else ""

        return cell

    return {
        "model": lambda row: row["model"],
        "weights": lambda row: f"{row.get('parameters', 0):,}",
        "GFLOP": lambda row: f"{row.get('flops', 0) / 1e9:.4g}",
        **{policy: milliseconds(policy) for policy in policies},
        f"of the peak, {policies[1]}": share(policies[1]),
    }


def _notes(rows):
    """Lists failures, and losses that differ between precisions."""
    notes = []
    for row in rows:
        for policy, error in row["failed"].items():
            notes.append(f"{row['model']}, {policy}: {error}")
        plain = row["mean_loss"].get(PLAIN, math.nan)
        for policy, loss in row["mean_loss"].items():
            if not abs(loss / plain - 1) < LOSS_TOLERANCE:
                notes.append(
                    f"{row['model']}, {policy}: a mean loss of {loss:.4f}, "
                    f"with float32 {plain:.4f}"
                )
    return notes


def _line(row):
    steps = ", ".join(f"{k} {v:.2f}" for k, v in row["milliseconds"].items())
    return f"{row['model']}: {steps or 'failed'} ms"
