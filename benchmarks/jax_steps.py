"""A training step of an architecture, as JAX compiles it."""

from benchmarks import flops


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
    size = mmkeras.get(name).tiny if tiny else {}
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
