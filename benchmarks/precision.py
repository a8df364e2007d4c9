"""`python -m benchmarks precision`: training steps by precision, on JAX."""

import math
import pathlib
import statistics
import time
from typing import Annotated

import typer

from benchmarks import flops
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


def step(name, policy, given):
    """Makes a training step of a model.

    Args:
        name: Name of an architecture.
        policy: Name of a precision policy.
        given: Tuple of batch size, length of free axes, and whether the
            smallest model is meant.

    Returns:
        Tuple of a function of a number of steps to the mean loss so far, how
        many floating-point operations a forward pass takes, and how many
        weights there are.
    """
    import jax
    import keras

    import mmkeras
    from mmkeras.training import precision

    batch_size, length, tiny = given
    keras.utils.set_random_seed(0)
    precision.use(policy)
    size = mmkeras.find(name).tiny if tiny else {}
    model = mmkeras.build_model(name, **size)
    keras.config.set_dtype_policy("float32")
    x = _inputs(model, batch_size, length)
    said = model(x)
    y, loss = _targets(said.shape)
    # `compile` scales the loss where float16 asks for it.
    model.compile(keras.optimizers.AdamW(1e-4, global_clipnorm=1.0), loss)
    model.optimizer.build(model.trainable_variables)
    weights = (model.trainable_variables, model.non_trainable_variables)
    weights = [[v.value for v in part] for part in weights]
    forward = flops.count(
        lambda w, s, x: model.stateless_call(w, s, x)[0], *weights, x
    )
    # The loss keeps its mean in variables that the first call makes.
    model.compute_loss(x, y, said)
    state = (
        *weights,
        [v.value for v in model.optimizer.variables],
        [v.value for v in model.metrics_variables],
    )
    taken = jax.jit(model.train_step, donate_argnums=0)

    def train(steps):
        nonlocal state
        for _ in range(steps):
            logs, state = taken(state, (x, y))
        return float(logs["loss"])

    return train, forward, model.count_params()


def _inputs(model, batch_size, length):
    """Draws a batch, on the device; nothing is absent."""
    import jax
    import keras
    import numpy as np

    rng = np.random.default_rng(0)

    def draw(x):
        shape = [batch_size, *(side or length for side in x.shape[1:])]
        if x.dtype == "bool":
            return jax.device_put(np.ones(shape, bool))
        if "int" in x.dtype:
            return jax.device_put(rng.integers(1, 5, shape).astype("int32"))
        return jax.device_put(rng.uniform(size=shape).astype("float32"))

    return keras.tree.map_structure(draw, model.input)


def _targets(shape):
    """Draws classes, or numbers where there is but one."""
    import jax
    import keras
    import numpy as np

    rng = np.random.default_rng(1)
    if shape[-1] == 1:
        y = rng.normal(size=shape).astype("float32")
        return jax.device_put(y), keras.losses.MeanSquaredError()
    y = rng.integers(0, shape[-1], shape[:-1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return jax.device_put(y.astype("int32")), loss


def _steps(name, policies, given):
    """Makes, compiles and tries the steps of a model, one a policy."""
    made, failed = {}, {}
    for policy in policies:
        try:
            train, forward, weights = step(name, policy, given)
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
