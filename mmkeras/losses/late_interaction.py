"""Logits of the late interaction of regions and words."""

from keras import ops


def late_interaction(pairs, regions):
    """Compares the regions and the words of all examples of a batch.

        z_ij = 1 / W_j sum_w max_r u_ir . v_jw

    over the regions r of example i and the W_j words w of example j.

    Args:
        pairs: Tensor of shape `(batch, regions + words, dim)`, zeros in the
            place of padding; see `layers.LateInteraction`.
        regions: int. Number of regions.

    Returns:
        float32 tensor of shape `(batch, batch)`, a row per example whose
        regions, a column per example whose words are compared; 0 without
        words.

    Reference:
        [Khattab and Zaharia, 2020](https://arxiv.org/abs/2004.12832)
    """
    pairs = ops.cast(pairs, "float32")
    words = pairs[:, regions:]
    products = ops.einsum("jwd,ird->jwir", words, pairs[:, :regions])
    closest = ops.sum(ops.max(products, axis=-1), axis=1)
    count = ops.sum(ops.cast(ops.any(words != 0, axis=-1), "float32"), axis=1)
    return ops.transpose(closest / ops.maximum(count, 1.0)[:, None])
