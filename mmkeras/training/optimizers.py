"""The optimizer of recipes: AdamW with two learning rates."""

import keras


class MultiRateAdamW(keras.optimizers.AdamW):
    """AdamW with a scaled learning rate for some weights.

    Pretrained weights should change less than new ones. Scaling gradients
    has no such effect: Adam divides the scale out.

    Weights decay at the end of a step, by their own learning rate.

    With `use_ema`, the decay of the moving averages warms up: after t steps
    it is `min(ema_momentum, (1 + t) / (5 + t))`, so averages are over about
    the last quarter of the steps, and in a short training are not dominated
    by the initial weights.

    Args:
        *args: Passed to `keras.optimizers.AdamW`.
        variables: Variables with the scaled learning rate.
        scale: float. Factor of their learning rate.
        **kwargs: Passed to `keras.optimizers.AdamW`.

    Reference:
        [Howard and Ruder, 2018](https://arxiv.org/abs/1801.06146), who call
        it discriminative fine-tuning
    """

    def __init__(self, *args, variables=(), scale=1.0, **kwargs):
        super().__init__(*args, **kwargs)
        self._scaled_keys = frozenset(
            self._var_key(variable) for variable in variables
        )
        self.scale = scale

    def _apply_weight_decay(self, variables):
        """Does nothing: `update_step` applies it."""

    def update_step(self, gradient, variable, learning_rate):
        if self._var_key(variable) in self._scaled_keys:
            learning_rate = learning_rate * self.scale
        super().update_step(gradient, variable, learning_rate)
        # Keras decays first. TensorFlow may do that before the batch is
        # fetched, and the samples in a batch of self-critical training depend
        # on the weights; after the update, it waits for the gradient.
        if self.weight_decay and self._use_weight_decay(variable):
            share = learning_rate * self.weight_decay
            share = keras.ops.cast(share, variable.dtype)
            self.assign_sub(variable, variable * share)

    def _update_model_variables_moving_average(self, trainable_variables):
        if not self.use_ema:
            return
        steps = keras.ops.cast(self.iterations, "float32")
        decay = keras.ops.minimum(self.ema_momentum, (1 + steps) / (5 + steps))
        decay = keras.ops.where(steps > 0, decay, 0.0)
        for variable, average in zip(
            trainable_variables, self._model_variables_moving_average
        ):
            if average is not None:
                share = keras.ops.cast(1 - decay, variable.dtype)
                average.assign(average + share * (variable - average))


def compile_model(model, recipe, steps, encoder_weights=()):
    """Compiles a model, which has its own loss, with a recipe's optimizer.

    The optimizer creates its variables here. If it created them in the first
    step, that would be traced twice: two thirds of the start-up time.

    Args:
        model: A built `training_model.TrainingModel`.
        recipe: As of `make_optimizer`.
        steps: As of `make_optimizer`.
        encoder_weights: As of `make_optimizer`.
    """
    model.compile(make_optimizer(recipe, steps, encoder_weights))
    model.optimizer.build(model.trainable_variables)


def make_optimizer(recipe, steps, encoder_weights=()):
    """Makes the optimizer of a recipe: warm-up, then a cosine to 2 %.

    Args:
        recipe: A `mmkeras.training.recipes.Recipe`.
        steps: int. Batches per epoch.
        encoder_weights: Weights to which `recipe.encoder_lr_scale` applies.

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
    variables = encoder_weights if recipe.encoder_lr_scale < 1 else []
    optimizer = MultiRateAdamW(
        rate,
        weight_decay=recipe.weight_decay,
        clipnorm=recipe.clip,
        use_ema=recipe.ema > 0,
        ema_momentum=recipe.ema or 0.99,
        variables=variables,
        scale=recipe.encoder_lr_scale,
    )
    optimizer.exclude_from_weight_decay(
        var_list=variables,
        var_names=["bias", "gamma", "beta", "embeddings", "log_scale"],
    )
    return optimizer
