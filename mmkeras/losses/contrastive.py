"""Losses of embeddings: those of one example belong together.

Under a `tf.distribute` strategy the negatives are those of all replicas, see
`losses.replicas`. With gradient accumulation they are those of each step alone:
that is not the loss of one larger batch.
"""

import functools
import itertools

import keras
from keras import ops

from mmkeras import layers
from mmkeras.losses import replicas

_NEGATIVES = ("hardest", "semi-hard")


def contrastive_loss(pairs, groups, similarity=None):
    """Computes the symmetric InfoNCE loss, each half's cross-entropy.

        z_ij = u_i . v_j
        loss_i = -(log softmax_j(z_ij)_i + log softmax_j(z_ji)_i) / 2

    For more than two modalities, the mean over the batch is the mean over all
    pairs of modalities, each over the examples that have both: an example
    without one of the two has no loss there, and is no negative.

    Args:
        pairs: Tensor of shape `(batch, n, dim)`: the embeddings u, v, ... of
            each example, zeros where one is missing; the product of any two
            is the logit, see `layers.EmbeddingPairs`.
        groups: Integers of shape `(batch,)` or `(batch, k)`. Two examples with
            the same number in one of the k columns are not each other's
            negatives, e.g. two captions of an image, or equal texts.
        similarity: Function of `pairs`, then of any shape with nothing
            missing, to logits `(batch, batch)`, such as
            `losses.late_interaction`; by default the products.

    Returns:
        float32 tensor of shape `(batch,)`. A batch that tells nothing apart,
        and lacks nothing, has the loss `log(batch)`.

    References:
        [van den Oord et al., 2018](https://arxiv.org/abs/1807.03748); with
        images and texts: [Radford et al.,
        2021](https://arxiv.org/abs/2103.00020)
    """
    return _mean_over_pairs(_contrastive, pairs, groups, similarity)


def sigmoid_loss(pairs, groups):
    """Computes the loss of SigLIP: each pair is right or wrong by itself.

        loss_i = -sum_j log sigmoid(t_ij u_i . v_j),  t_ii = 1, else -1

    Args:
        pairs: As of `contrastive_loss`, their products including the bias of
            `layers.EmbeddingPairs("sigmoid")`.
        groups: As of `contrastive_loss`.

    Returns:
        float32 tensor of shape `(batch,)`, for more than two modalities as of
        `contrastive_loss`.

    Reference:
        [Zhai et al., 2023](https://arxiv.org/abs/2303.15343)
    """
    return _mean_over_pairs(_sigmoid, pairs, groups)


def triplet_loss(
    pairs, groups, margin=0.2, negatives="hardest", similarity=None
):
    """Computes the hinge loss of each pair and one negative of either half.

        loss_i = max(0, margin + z_ij - z_ii) + max(0, margin + z_ki - z_ii)

    Args:
        pairs: As of `contrastive_loss`, of unit length: products are cosines.
        groups: As of `contrastive_loss`.
        margin: float above 0.
        negatives: `"hardest"`: j and k have the largest products.
            `"semi-hard"`: the largest below that of the pair, or the smallest
            if none is below.
        similarity: As of `contrastive_loss`.

    Returns:
        float32 tensor of shape `(batch,)`, 0 for examples without negatives,
        for more than two modalities as of `contrastive_loss`.

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
    loss = functools.partial(_triplet, margin=margin, negatives=negatives)
    return _mean_over_pairs(loss, pairs, groups, similarity)


def _mean_over_pairs(loss, embeddings, groups, similarity=None):
    """The mean of a loss over the pairs of modalities.

    Args:
        loss: Function of logits `(batch, batch)`, and of booleans of the same
            shape, which of them are those of negatives, to `(batch,)`.
        embeddings: As `pairs` of `contrastive_loss`.
        groups: As of `contrastive_loss`.
        similarity: As of `contrastive_loss`.
    """
    (embeddings, groups), own = replicas.gather(embeddings, groups)
    if similarity is not None:
        logits = ops.cast(similarity(embeddings), "float32")
        return own(loss(logits, layers.are_negatives(groups)))
    embeddings = ops.cast(embeddings, "float32")
    is_present = ops.any(embeddings != 0, axis=-1)
    are_apart = layers.are_negatives(groups)
    total = count = 0.0
    for i, j in itertools.combinations(range(embeddings.shape[1]), 2):
        both = ops.logical_and(is_present[:, i], is_present[:, j])
        negatives = ops.logical_and(are_apart, both[:, None] & both[None])
        logits = ops.matmul(embeddings[:, i], ops.transpose(embeddings[:, j]))
        losses = ops.where(both, loss(logits, negatives), 0.0)
        share = ops.mean(ops.cast(both, "float32"))
        total += losses / ops.where(share > 0, share, 1.0)
        count += ops.cast(share > 0, "float32")
    return own(total / ops.maximum(count, 1.0))


def _contrastive(logits, negatives):
    own = ops.diagonal(logits)
    counts = ops.logical_or(negatives, _diagonal(logits))
    # The most negative number of float32 would overflow in a sum of two.
    logits = ops.where(counts, logits, -1e30)
    totals = [ops.logsumexp(logits, axis=axis) for axis in (0, 1)]
    return (totals[0] + totals[1]) / 2 - own


def _sigmoid(logits, negatives):
    wrong = ops.where(negatives, ops.softplus(logits), 0.0)
    return ops.softplus(-ops.diagonal(logits)) + ops.sum(wrong, axis=1)


def _triplet(logits, mask, margin, negatives):
    own, loss = ops.diagonal(logits), 0.0
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


def _diagonal(logits):
    return ops.eye(ops.shape(logits)[0], dtype="bool")


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
