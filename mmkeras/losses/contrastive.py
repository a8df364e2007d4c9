"""Losses of pairs: the two of an example belong together, others do not."""

import keras
from keras import ops

_NEGATIVES = ("hardest", "semi-hard")


def contrastive_loss(pairs, groups):
    """Computes the symmetric InfoNCE loss, each half's cross-entropy.

        z_ij = u_i . v_j
        loss_i = -(log softmax_j(z_ij)_i + log softmax_j(z_ji)_i) / 2

    Args:
        pairs: Tensor of shape `(batch, 2, dim)`: the two embeddings u and v of
            each example; their product is the logit, see
            `layers.EmbeddingPairs`.
        groups: Integers of shape `(batch,)` or `(batch, n)`. Two examples with
            the same number in one of the n columns are not each other's
            negatives, e.g. two captions of an image, or equal texts.

    Returns:
        float32 tensor of shape `(batch,)`. A batch that tells nothing apart
        has the loss `log(batch)`.

    References:
        [van den Oord et al., 2018](https://arxiv.org/abs/1807.03748); with
        images and texts: [Radford et al.,
        2021](https://arxiv.org/abs/2103.00020)
    """
    logits = _logits(pairs)
    # The most negative number of float32 would overflow in a sum of two.
    logits = ops.where(_are_negatives(groups, own=True), logits, -1e30)
    own = ops.diagonal(logits)
    totals = [ops.logsumexp(logits, axis=axis) for axis in (0, 1)]
    return (totals[0] + totals[1]) / 2 - own


def sigmoid_loss(pairs, groups):
    """Computes the loss of SigLIP: each pair is right or wrong by itself.

        loss_i = -sum_j log sigmoid(t_ij u_i . v_j),  t_ii = 1, else -1

    Args:
        pairs: As of `contrastive_loss`, their product including the bias of
            `layers.EmbeddingPairs("sigmoid")`.
        groups: As of `contrastive_loss`.

    Returns:
        float32 tensor of shape `(batch,)`.

    Reference:
        [Zhai et al., 2023](https://arxiv.org/abs/2303.15343)
    """
    logits = _logits(pairs)
    wrong = ops.where(
        _are_negatives(groups, own=False), ops.softplus(logits), 0.0
    )
    return ops.softplus(-ops.diagonal(logits)) + ops.sum(wrong, axis=1)


def triplet_loss(pairs, groups, margin=0.2, negatives="hardest"):
    """Computes the hinge loss of each pair and one negative of either half.

        loss_i = max(0, margin + z_ij - z_ii) + max(0, margin + z_ki - z_ii)

    Args:
        pairs: As of `contrastive_loss`, of unit length: products are cosines.
        groups: As of `contrastive_loss`.
        margin: float above 0.
        negatives: `"hardest"`: j and k have the largest products.
            `"semi-hard"`: the largest below that of the pair, or the smallest
            if none is below.

    Returns:
        float32 tensor of shape `(batch,)`; 0 for examples without negatives.

    Raises:
        ValueError: If an argument has another value.

    References:
        Hardest: [Faghri et al., 2018](https://arxiv.org/abs/1707.05612).
        Semi-hard: [Schroff et al., 2015](https://arxiv.org/abs/1503.03832)
    """
    if margin <= 0:
        raise ValueError(f"`margin` must be above 0. Received: margin={margin}")
    if negatives not in _NEGATIVES:
        raise ValueError(
            f"`negatives` must be one of {', '.join(_NEGATIVES)}. Received: "
            f"negatives={negatives!r}"
        )
    logits = _logits(pairs)
    mask = _are_negatives(groups, own=False)
    own = ops.diagonal(logits)
    loss = 0.0
    for z in (logits, ops.transpose(logits)):
        chosen = _chosen(z, own, mask, negatives)
        hinge = ops.relu(margin + chosen - own)
        loss = loss + ops.where(ops.any(mask, axis=1), hinge, 0.0)
    return loss


def _chosen(logits, own, mask, negatives):
    """The product of the negative of each row."""
    hardest = ops.max(ops.where(mask, logits, -1e30), axis=1)
    if negatives == "hardest":
        return hardest
    is_below = ops.logical_and(mask, logits < own[:, None])
    below = ops.max(ops.where(is_below, logits, -1e30), axis=1)
    easiest = ops.min(ops.where(mask, logits, 1e30), axis=1)
    return ops.where(ops.any(is_below, axis=1), below, easiest)


def _logits(pairs):
    """Products of all first halves, in rows, with all second ones."""
    pairs = ops.cast(pairs, "float32")
    return ops.matmul(pairs[:, 0], ops.transpose(pairs[:, 1]))


def _are_negatives(groups, own):
    """Which pairs count as negatives; and `own` for the pairs themselves."""
    groups = ops.convert_to_tensor(groups)
    if len(groups.shape) == 1:
        groups = groups[:, None]
    same = ops.any(groups[:, None] == groups[None], axis=-1)
    diagonal = ops.eye(ops.shape(groups)[0], dtype="bool")
    negatives = ops.logical_not(ops.logical_or(same, diagonal))
    return ops.logical_or(negatives, diagonal) if own else negatives


class _PairLoss(keras.losses.Loss):
    def __init__(self, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        return self._of_pairs(y_pred, y_true)


@keras.saving.register_keras_serializable(package="mmkeras")
class ContrastiveLoss(_PairLoss):
    """Mean of `contrastive_loss`.

    Targets are the groups: integers of shape `(batch,)` or `(batch, n)`.

    Args:
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    _of_pairs = staticmethod(contrastive_loss)


@keras.saving.register_keras_serializable(package="mmkeras")
class SigmoidLoss(_PairLoss):
    """Mean of `sigmoid_loss`.

    Targets are the groups: integers of shape `(batch,)` or `(batch, n)`.

    Args:
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    _of_pairs = staticmethod(sigmoid_loss)


@keras.saving.register_keras_serializable(package="mmkeras")
class TripletLoss(_PairLoss):
    """Mean of `triplet_loss`.

    Targets are the groups: integers of shape `(batch,)` or `(batch, n)`.

    Args:
        margin: float above 0.
        negatives: `"hardest"` or `"semi-hard"`.
        name: Name of the loss.
        **kwargs: Passed to `keras.losses.Loss`.
    """

    def __init__(self, margin=0.2, negatives="hardest", **kwargs):
        super().__init__(**kwargs)
        self.margin = margin
        self.negatives = negatives

    def _of_pairs(self, pairs, groups):
        return triplet_loss(pairs, groups, self.margin, self.negatives)

    def get_config(self):
        return {
            **super().get_config(),
            "margin": self.margin,
            "negatives": self.negatives,
        }
