"""One reader for each text of a sequence of texts."""

from keras import ops

from mmkeras.layers.attach_mask import AttachMask


def encode_each(tokens, read, name="encode_each"):
    """Encodes the turns of a dialogue, or candidates, one by one.

    Args:
        tokens: Token ids of shape `(batch, texts, length)`; a text of zeros
            is not there.
        read: Function of ids of shape `(n, length)` that returns features of
            shape `(n, dim)`, made of layers.
        name: Name of the layer that says which texts are there.

    Returns:
        Symbolic tensor of shape `(batch, texts, dim)`, with a mask.
    """
    texts, length = tokens.shape[1:]
    x = read(ops.reshape(tokens, (-1, length)))
    x = ops.reshape(x, (-1, texts, x.shape[-1]))
    return AttachMask(name=name)([x, ops.any(tokens != 0, axis=-1)])
