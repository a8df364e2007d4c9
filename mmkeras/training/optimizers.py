"""AdamW as recipes want it, some weights changing more slowly."""

import keras


class MultiRateAdamW(keras.optimizers.AdamW):
    """AdamW with a smaller learning rate for the weights of some layers.

    What was learned elsewhere is to be changed less than what is learned
    anew. Scaling gradients would not do it: Adam divides the scale out.

    Weights decay at the end of a step, by their own learning rate.

    With `use_ema`, the decay of the moving averages warms up: after t steps
    it is `min(ema_momentum, (1 + t) / (5 + t))`: averages are over about the
    last quarter of the steps so far, and those of a short training do not
    consist of its first weights.

    Args:
        *args: Passed to `keras.optimizers.AdamW`.
        slow: Variables of the smaller rate.
        factor: float. The smaller rate, in parts of the learning rate.
        **kwargs: Passed to `keras.optimizers.AdamW`.

    Reference:
        [Howard and Ruder, 2018](https://arxiv.org/abs/1801.06146), who call
        it discriminative fine-tuning
    """

    def __init__(self, *args, slow=(), factor=1.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.slow = frozenset(self._var_key(variable) for variable in slow)
        self.factor = factor

    def _apply_weight_decay(self, variables):
        """Left to `update_step`, see there."""

    def update_step(self, gradient, variable, learning_rate):
        if self._var_key(variable) in self.slow:
            learning_rate = learning_rate * self.factor
        super().update_step(gradient, variable, learning_rate)
        # Keras decays first. TensorFlow may do that before the batch is
        # fetched, and what a batch of self-critical training says depends on
        # the weights; after the update, it waits for the gradient.
        if self.weight_decay and self._use_weight_decay(variable):
            share = learning_rate * self.weight_decay
            share = keras.ops.cast(share, variable.dtype)
            self.assign_sub(variable, variable * share)

    def _update_model_variables_moving_average(self, trainable_variables):
        if not self.use_ema:
            return
        done = keras.ops.cast(self.iterations, "float32")
        decay = keras.ops.minimum(self.ema_momentum, (1 + done) / (5 + done))
        decay = keras.ops.where(done > 0, decay, 0.0)
        for variable, average in zip(
            trainable_variables, self._model_variables_moving_average
        ):
            if average is not None:
                share = keras.ops.cast(1 - decay, variable.dtype)
                average.assign(average + share * (variable - average))


def compile_model(model, recipe, steps, branch=()):
    """Compiles a model, which has its own loss, with a recipe's optimizer.

    The optimizer makes its variables here. Left to the first step, it would
    make them while that is traced, which is then done twice: two thirds of
    the time until a training begins.

    Args:
        model: A built `training_model.TrainingModel`.
        recipe: As of `make_optimizer`.
        steps: As of `make_optimizer`.
        branch: As of `make_optimizer`.
    """
    model.compile(make_optimizer(recipe, steps, branch))
    model.optimizer.build(model.trainable_variables)


def make_optimizer(recipe, steps, branch=()):
    """Makes the optimizer of a recipe: warm-up, then a cosine to 2 %.

    Args:
        recipe: A `mmkeras.training.recipes.Recipe`.
        steps: int. Batches an epoch.
        branch: Weights that `recipe.encoder_lr_scale` is for.

    Returns:
        A Keras optimizer.
    """
    steps = steps * recipe.epochs
    warmup = max(int(recipe.warmup * steps), 1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - warmup, 1),
        alpha=0.02,
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
    slow = branch if recipe.encoder_lr_scale < 1 else []
    optimizer = MultiRateAdamW(
        rate,
        weight_decay=recipe.weight_decay,
        clipnorm=recipe.clip,
        use_ema=recipe.ema > 0,
        ema_momentum=recipe.ema or 0.99,
        slow=slow,
        factor=recipe.encoder_lr_scale,
    )
    optimizer.exclude_from_weight_decay(
        var_list=slow, var_names=["bias", "gamma", "beta", "embeddings"]
    )
    return optimizer
