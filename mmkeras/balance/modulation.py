"""On-the-fly gradient modulation with noise (OGM-GE)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class GradientModulation(keras.layers.Layer):
    """Returns its inputs, and weakens the gradient that comes back.

        forward:   y = x
        backward:  dx = k dy + e,   e ~ N(0, s^2)

    with k the weight `share`, see `update_shares`, and s the deviation of dy
    over the batch, times `noise`. There is no noise while k is 1, nor where dy
    is 0, as for padding and missing examples.

    Args:
        alpha: float. How much the modality that is ahead is slowed down.
        noise: float. Standard deviation of the noise, in units of that of
            the gradient; 0 for none.
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
            autocast=False,
            name="share",
        )

    def call(self, inputs, training=None):
        if not training:
            return inputs
        share = 1.0 * ops.convert_to_tensor(self.share)  # Its present value.
        noise = self.noise * keras.random.normal(
            ops.shape(inputs), dtype="float32", seed=self.generator
        )

        @ops.custom_gradient
        def identity(x):
            def backward(*arguments, upstream=None):
                dy = arguments[0] if upstream is None else upstream
                return _modulate(dy, share, noise)

            return x, backward

        return identity(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "alpha": self.alpha,
            "noise": self.noise,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}


def _modulate(gradient, share, noise):
    dy = ops.cast(gradient, "float32")
    is_noisy = ops.logical_and(share < 1, ops.not_equal(dy, 0))
    noise = ops.where(is_noisy, ops.std(dy) * noise, 0.0)
    return ops.cast(share * dy + noise, gradient.dtype)


def update_shares(layers, y, logits, weights=None):
    """Sets how much of the gradient each modality gets in the next batch.

    With s_u the mean over examples of the probability that modality u alone
    gives to the true class:

        r_u = s_u / mean of s_v over v != u
        k_u = 1 - tanh(alpha r_u)   if r_u > 1, else 1

    Args:
        layers: Dict from modalities to `GradientModulation` layers. A modality
            without one is only compared with.
        y: Tensor of shape `(batch, num_classes)`, one-hot true classes.
        logits: Dict from modalities to tensors of that shape.
        weights: Dict from modalities to tensors of shape `(batch,)`, 0 for
            examples that lack the modality; `None` if none does.
    """
    means, present = {}, {}
    for name, z in logits.items():
        z = ops.stop_gradient(ops.cast(z, "float32"))
        score = ops.sum(ops.softmax(z) * ops.cast(y, "float32"), axis=-1)
        weight = 1.0 if weights is None else ops.cast(weights[name], "float32")
        weight = weight * ops.ones_like(score)
        total = ops.sum(weight)
        means[name] = ops.sum(score * weight) / ops.maximum(total, 1e-9)
        present[name] = ops.cast(total > 0, "float32")
    for name, layer in layers.items():
        others = sum(means[v] for v in means if v != name)
        count = sum(present[v] for v in present if v != name)
        ratio = means[name] * count / ops.maximum(others, 1e-9)
        share = 1 - ops.tanh(layer.alpha * ratio)
        layer.share.assign(ops.where(ratio > 1, share, 1.0))


def modulated(features, num_classes, alpha=0.3, noise=1.0):
    """Makes logits whose gradients can be separated by modality.

        z_u = W_u h_u;   z = sum_u z_u + b

    which is a dense layer on the concatenated features.

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

    After each batch `update_shares` compares the modalities. In the next
    batch, the gradient that reaches the branch of modality u is multiplied by
    k_u, and noise is added to it.

    Departures from the paper: k is that of the previous batch; it scales the
    gradient where it enters a branch, not at each convolution; so does the
    noise. Each of more than two modalities is compared with the mean of the
    others.

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
        """Returns the loss of the sum of logits, and updates the shares.

        Args:
            x: Inputs.
            y: Integers of shape `(batch,)`, the true classes.
            y_pred: Dict of logits.
            sample_weight: Weights of the examples, or `None`.
            training: bool.

        Returns:
            A scalar.
        """
        logits = dict(y_pred)
        fused = logits.pop("fusion")
        if training:
            layers = {u: self.get_layer(f"modulate_{u}") for u in logits}
            classes = ops.one_hot(ops.reshape(y, (-1,)), fused.shape[-1])
            update_shares(layers, classes, logits)
        return super().compute_loss(x, y, fused, sample_weight, training)

    def to_inference_model(self):
        """Returns a plain model, from inputs to logits, of the same weights."""
        return keras.Model(self.input, self.output["fusion"])
