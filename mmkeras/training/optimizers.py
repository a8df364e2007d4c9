"""AdamW that changes some weights more slowly than others."""

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

    def update_step(self, gradient, variable, learning_rate):
        if self._var_key(variable) in self.slow:
            learning_rate = learning_rate * self.factor
        super().update_step(gradient, variable, learning_rate)
