"""AdamW as recipes want it, some weights changing more slowly."""

import keras


class SlowerAdamW(keras.optimizers.AdamW):
    """AdamW with a smaller learning rate for the weights of some layers.

    What was learned elsewhere is to be changed less than what is learned
    anew. Scaling gradients would not do it: Adam divides the scale out.

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
        self._rate = None

    @property
    def learning_rate(self):
        """The learning rate of the next step; within a step, of this one."""
        if self._rate is not None:
            return self._rate
        return super().learning_rate

    @learning_rate.setter
    def learning_rate(self, rate):
        keras.optimizers.AdamW.learning_rate.fset(self, rate)

    def apply(self, grads, trainable_variables=None):
        # Keras would ask a schedule again for every weight that decays.
        self._rate = self.learning_rate
        try:
            return super().apply(grads, trainable_variables)
        finally:
            self._rate = None

    def update_step(self, gradient, variable, learning_rate):
        if self._var_key(variable) in self.slow:
            learning_rate = learning_rate * self.factor
        super().update_step(gradient, variable, learning_rate)


def prepare(model, loss, recipe, steps, branch=()):
    """Compiles a model with the optimizer of a recipe.

    The optimizer makes its variables here. Left to the first step, it would
    make them while that is traced, which is then done twice: two thirds of
    the time until a training begins.

    Args:
        model: A built `keras.Model`.
        loss: Its loss.
        recipe: As of `scheduled`.
        steps: As of `scheduled`.
        branch: As of `scheduled`.
    """
    model.compile(scheduled(recipe, steps, branch), loss)
    model.optimizer.build(model.trainable_variables)


def scheduled(recipe, steps, branch=()):
    """Makes the optimizer of a recipe: warm-up, then a cosine to 2 %.

    Args:
        recipe: A `mmkeras.training.recipes.Recipe`.
        steps: int. Batches an epoch.
        branch: Weights that `recipe.branch_rate` is for.

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
    slow = branch if recipe.branch_rate < 1 else []
    optimizer = SlowerAdamW(
        rate,
        weight_decay=recipe.weight_decay,
        clipnorm=recipe.clip,
        use_ema=recipe.ema > 0,
        ema_momentum=recipe.ema or 0.99,
        slow=slow,
        factor=recipe.branch_rate,
    )
    optimizer.exclude_from_weight_decay(
        var_list=slow, var_names=["bias", "gamma", "beta", "embeddings"]
    )
    return optimizer
