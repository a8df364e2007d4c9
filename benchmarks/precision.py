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
LEAST = 1  # Times as fast as float32, the median model.
APART = 0.02  # Share of float32's mean loss that another precision's may miss.


def run(
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="Names; eight that differ."),
    ] = None,
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", help="Beside float32; both there are."),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch", min=1)] = 64,
    length: Annotated[
        int, typer.Option(min=1, help="Steps, where they are free.")
    ] = 20,
    tiny: Annotated[
        bool, typer.Option("--tiny", help="The smallest of each model.")
    ] = False,
    steps: Annotated[int, typer.Option(min=1, help="A round.")] = 20,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5,
    side: Annotated[
        int, typer.Option(min=1, help="Of the matrices that give the peak.")
    ] = 8192,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for precision.json.")
    ] = None,
):
    """Compare training steps in float32, bfloat16 and float16 on JAX.

    Each model with its defaults: forward, backward and AdamW as `fit` compiles
    them, on one batch that lies on the device. The peak is that of a product
    of bfloat16 matrices, measured first; a step counts as three times the
    matrix products and convolutions of the forward pass. JAX has no float16
    on CPUs: there, ask for `--policy mixed_bfloat16`.
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
        made, failed = _steps(name, policies, (batch_size, length, tiny))
        row = {"model": name, "failed": failed}
        rows.append(row | _measure(made, steps, repeats))
        print(_line(rows[-1]), flush=True)
    bars = [
        results.bar(
            f"{policy}, the median: times float32",
            LEAST,
            statistics.median(row["ratio"].get(policy, 0.0) for row in rows),
        )
        for policy in policies[1:]
    ]
    title = (
        f"batches of {batch_size}, sequences {length}; milliseconds a step, "
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


def _steps(name, policies, given):
    """Makes, compiles and tries the steps of a model, one a policy."""
    made, failed = {}, {}
    for policy in policies:
        try:
            train, forward, weights = jax_steps.step(name, policy, given)
            started = time.perf_counter()
            train(1)
        except Exception as error:  # Whatever a backend cannot do.
            failed[policy] = f"{type(error).__name__}: {error}".split("\n")[0]
            continue
        made[policy] = {
            "train": train,
            "forward": forward,
            "weights": weights,
            "compiling": time.perf_counter() - started,
        }
    return made, failed


def _measure(made, steps, repeats):
    if not made:
        return {"milliseconds": {}, "ratio": {}, "mean_loss": {}}
    seconds = timing.interleave(
        {policy: lambda m=m: m["train"](steps) for policy, m in made.items()},
        repeats,
    )
    medians = timing.medians(seconds)
    # What is fused differs by precision; the formula is float32's.
    formula = next(iter(made.values()))
    return {
        "milliseconds": {k: 1000 * s / steps for k, s in medians.items()},
        "ratio": {
            policy: timing.ratio(seconds[PLAIN], taken)
            for policy, taken in seconds.items()
            if PLAIN in seconds
        },
        "flops": 3 * formula["forward"],
        "parameters": formula["weights"],
        "compiling": {k: m["compiling"] for k, m in made.items()},
        "mean_loss": {k: m["train"](1) for k, m in made.items()},
    }


def _peak(side):
    """Measures floating-point operations a second of bfloat16 matrices."""
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
    def taken(policy):
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
        **{policy: taken(policy) for policy in policies},
        f"of the peak, {policies[1]}": share(policies[1]),
    }


def _notes(rows):
    """Names what failed, and what a precision cost: all take equal steps."""
    found = []
    for row in rows:
        for policy, error in row["failed"].items():
            found.append(f"{row['model']}, {policy}: {error}")
        plain = row["mean_loss"].get(PLAIN, math.nan)
        for policy, loss in row["mean_loss"].items():
            if not abs(loss / plain - 1) < APART:
                found.append(
                    f"{row['model']}, {policy}: a mean loss of {loss:.4f}, "
                    f"with float32 {plain:.4f}"
                )
    return found


def _line(row):
    steps = ", ".join(f"{k} {v:.2f}" for k, v in row["milliseconds"].items())
    return f"{row['model']}: {steps or 'failed'} ms"
