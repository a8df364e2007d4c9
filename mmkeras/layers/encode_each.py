"""Encodes each text of a sequence of texts with one encoder."""

from keras import ops

from mmkeras.layers.attach_mask import AttachMask


def encode_each(tokens, encoder, name="encode_each"):
    """Encodes the turns of a dialogue, or candidates, one by one.

    Args:
        tokens: Token ids of shape `(batch, texts, length)`; a text of zeros
            is padding.
        encoder: Function from ids of shape `(n, length)` to features of
            shape `(n, dim)`, made of layers.
        name: Name of the layer that attaches the mask.

    Returns:
        Symbolic tensor of shape `(batch, texts, dim)`, with a mask.
    """
    texts, length = tokens.shape[1:]
    x = encoder(ops.reshape(tokens, (-1, length)))
    x = ops.reshape(x, (-1, texts, x.shape[-1]))
    return AttachMask(name=name)([x, ops.any(tokens != 0, axis=-1)])
