"""Cross-entropy over the tokens of a sentence."""

import keras
from keras import ops


def token_crossentropy(targets, logits, label_smoothing=0.0):
    """Computes the cross-entropy per token in float32; 0 where padded.

        (1 - e) * -log p(target) + e * mean_v(-log p(v))

    Args:
        targets: Integers of shape `(batch, length)`, or any other; id 0 is
            padding.
        logits: Tensor of shape `(*targets.shape, vocabulary_size)`.
        label_smoothing: float in [0, 1), `e` above.

    Returns:
        Tensor of the shape of the targets.

    Raises:
        ValueError: If `label_smoothing` is out of range.
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            "`label_smoothing` must be in [0, 1). Received: "
            f"label_smoothing={label_smoothing}"
        )
    targets = ops.cast(targets, "int32")
    logits = ops.cast(logits, "float32")
    # Not gathered from log-probabilities: the gradient of that, a table of
    # zeros but for one number per token, took a fifth of a training step.
    if label_smoothing:
        even = label_smoothing / logits.shape[-1]
        is_target = ops.arange(logits.shape[-1]) == targets[..., None]
        p = ops.where(is_target, 1 - label_smoothing + even, even)
        loss = ops.categorical_crossentropy(p, logits, from_logits=True)
    else:
        loss = ops.sparse_categorical_crossentropy(
            targets, logits, from_logits=True
        )
    return ops.where(targets == 0, 0.0, loss)


def token_divergence(targets, first, second):
    """Computes how much two predictions of tokens differ, a mean over tokens.

        (KL(p || q) + KL(q || p)) / 2

    Args:
        targets: Integers of shape `(batch, length)`, or any other; id 0 is
            padding, which does not count.
        first: Tensor of shape `(*targets.shape, vocabulary_size)`, the logits
            of p.
        second: The logits of q, of the same shape.

    Returns:
        A scalar, float32.

    Reference:
        [Liang et al., 2021](https://arxiv.org/abs/2106.14448), R-Drop
    """
    logp, logq = (
        ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        for logits in (first, second)
    )
    both = ops.sum((ops.exp(logp) - ops.exp(logq)) * (logp - logq), axis=-1) / 2
    is_token = ops.cast(ops.not_equal(targets, 0), "float32")
    return ops.sum(both * is_token) / ops.maximum(ops.sum(is_token), 1.0)


@keras.saving.register_keras_serializable(package="mmkeras")
class TokenCrossentropy(keras.losses.Loss):
    """Mean cross-entropy per token, without padding.

    Targets are sentences of shape `(batch, length)`, with one sample weight
    each, or single tokens of shape `(n,)`, likewise.

    Args:
        label_smoothing: float in [0, 1).
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    def __init__(self, label_smoothing=0.0, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        loss = token_crossentropy(y_true, y_pred, self.label_smoothing)
        count = ops.sum(ops.cast(ops.cast(y_true, "int32") != 0, "float32"))
        size = ops.cast(ops.shape(y_true)[0], "float32")
        # An example's share, such that the mean over examples is the mean
        # over tokens, and sample weights weigh whole sentences.
        loss = ops.sum(loss, axis=-1) if len(loss.shape) > 1 else loss
        return loss * (size / ops.maximum(count, 1.0))

    def get_config(self):
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
        }
