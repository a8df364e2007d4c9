"""On-the-fly gradient modulation with noise (OGM-GE)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class GradientModulation(keras.layers.Layer):
    """Lets features pass, and weakens the gradient that comes back.

        forward:   y = x
        backward:  dx = k dy + e,   e ~ N(0, s^2)

    with k the weight `share`, which `Modulated` sets, and s the deviation of
    dy over the batch, times `noise`; there is none while k is 1.

    Args:
        alpha: float. How much the one ahead is slowed down.
        noise: float. How loud the noise is; 0 for none.
        seed: int, or `None` to draw one.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of any shape.

    Returns:
        The same values.

    Reference:
        [Peng et al., 2022](https://arxiv.org/abs/2203.15332)
    """

    def __init__(self, alpha=0.3, noise=1.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.noise = noise
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, input_shape):
        self.share = self.add_weight(
            shape=(),
            initializer="ones",
            trainable=False,
            dtype="float32",
            name="share",
        )

    def call(self, inputs, training=None):
        if not training:
            return inputs
        share = 1.0 * ops.convert_to_tensor(self.share)  # As it is now.
        drawn = self.noise * keras.random.normal(
            ops.shape(inputs), seed=self.generator
        )

        @ops.custom_gradient
        def passed(x):
            def backward(*arguments, upstream=None):
                dy = arguments[0] if upstream is None else upstream
                k, e = (ops.cast(value, dy.dtype) for value in (share, drawn))
                loud = ops.std(dy) * ops.cast(k < 1, dy.dtype)
                return k * dy + loud * e

            return x, backward

        return passed(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "alpha": self.alpha,
            "noise": self.noise,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}


def modulated(features, num_classes, alpha=0.3, noise=1.0):
    """Makes logits whose gradients can be separated by modality.

        z_u = W_u h_u;   z = sum_u z_u + b

    which is a dense layer on all features side by side.

    Args:
        features: Dict from modalities to tensors of shape `(batch, dim_u)`,
            of a functional model.
        num_classes: int.
        alpha: float. As of `GradientModulation`.
        noise: float. Likewise.

    Returns:
        Dict of logits of shape `(batch, num_classes)`: those of each modality,
        with b / n, and `"fusion"`, their sum.
    """
    logits = {}
    for name, x in features.items():
        x = GradientModulation(alpha, noise, name=f"modulate_{name}")(x)
        head = keras.layers.Dense(
            num_classes, dtype="float32", name=f"logits_{name}"
        )
        logits[name] = head(x)
    add = keras.layers.Add(dtype="float32", name="logits")
    return {**logits, "fusion": add(list(logits.values()))}


@keras.saving.register_keras_serializable(package="mmkeras")
class Modulated(keras.Model):
    """A model that slows down the modality that is ahead (OGM-GE).

    After each batch, with s_u the sum over examples of the probability that
    modality u alone gives to the true class:

        r_u = s_u / mean of s_v over v != u
        k_u = 1 - tanh(alpha r_u)   if r_u > 1, else 1

    and the gradient that reaches the branch of u is multiplied by k_u, and
    gets noise, in the next batch.

    Departures from the paper: k is that of the batch before; it meets the
    gradient where it enters a branch, not at each convolution; and the same
    holds for the noise. More than two modalities are compared with the mean
    of the others.

    Args:
        inputs: Inputs of a functional model.
        outputs: What `modulated` returned.
        **kwargs: Passed to `keras.Model`.

    Reference:
        [Peng et al., 2022](https://arxiv.org/abs/2203.15332)
    """

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss of the sum of logits; sets the shares by the way.

        Args:
            x: Inputs.
            y: Integers of shape `(batch,)`, the true classes.
            y_pred: Dict of logits.
            sample_weight: Weights of the examples, or `None`.
            training: bool.

        Returns:
            A scalar.
        """
        if training:
            self._compare(y, y_pred)
        return super().compute_loss(
            x, y, y_pred["fusion"], sample_weight, training
        )

    def judge(self):
        """A plain model from the inputs to the logits, of the same weights."""
        return keras.Model(self.input, self.output["fusion"])

    def _compare(self, y, logits):
        names = [name for name in logits if name != "fusion"]
        true = ops.one_hot(ops.reshape(y, (-1,)), logits["fusion"].shape[-1])
        sums = [
            ops.sum(ops.softmax(ops.stop_gradient(logits[name])) * true)
            for name in names
        ]
        total = sum(sums)
        for name, own in zip(names, sums):
            others = (total - own) / (len(sums) - 1)
            ratio = own / ops.maximum(others, 1e-9)
            layer = self.get_layer(f"modulate_{name}")
            share = 1 - ops.tanh(layer.alpha * ratio)
            layer.share.assign(ops.where(ratio > 1, share, 1.0))
