"""A training step of an architecture, as JAX compiles it."""

from benchmarks import flops


def step(name, policy, options):
    """Makes a training step of a model.

    Args:
        name: Name of an architecture.
        policy: Name of a precision policy.
        options: Tuple of batch size, length of free axes, and whether to use
            the smallest model.

    Returns:
        Tuple of a function from a number of steps to the mean loss so far, the
        number of floating-point operations of a forward pass, and the number
        of weights.
    """
    import jax
    import keras

    import mmkeras
    from mmkeras.training import precision

    batch_size, length, tiny = options
    keras.utils.set_random_seed(0)
    precision.use(policy)
    size = mmkeras.get(name).tiny if tiny else {}
    model = mmkeras.build_model(name, **size)
    keras.config.set_dtype_policy("float32")
    x = _inputs(model, batch_size, length)
    outputs = model(x)
    y, loss = _targets(outputs.shape)
    # `compile` scales the loss if float16 requires it.
    model.compile(keras.optimizers.AdamW(1e-4, global_clipnorm=1.0), loss)
    model.optimizer.build(model.trainable_variables)
    weights = (model.trainable_variables, model.non_trainable_variables)
    weights = [[v.value for v in part] for part in weights]
    forward = flops.count(
        lambda w, s, x: model.stateless_call(w, s, x)[0], *weights, x
    )
    # The first call creates the variables of the mean loss.
    model.compute_loss(x, y, outputs)
    state = (
        *weights,
        [v.value for v in model.optimizer.variables],
        [v.value for v in model.metrics_variables],
    )
    train_step = jax.jit(model.train_step, donate_argnums=0)

    def train(steps):
        nonlocal state
        for _ in range(steps):
            logs, state = train_step(state, (x, y))
        return float(logs["loss"])

    return train, forward, model.count_params()


def _inputs(model, batch_size, length):
    """Draws a batch, on the device, without missing inputs."""
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
    """Draws classes, or numbers for a single output."""
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
