"""Token ids of the text backbones of KerasHub."""

from keras import ops


def backbone_ids(tokens, padding, offset):
    """Converts token ids to those of a backbone.

    Args:
        tokens: Ids of shape `(batch, length)`.
        padding: int. The backbone's id of padding.
        offset: int. What `tokens` are more than the backbone's ids. If it is
            not 0, their id 0 is padding.

    Returns:
        Tuple of ids, and a mask of the same shape, int32, 0 for padding.
    """
    if not offset:
        return tokens, ops.cast(ops.not_equal(tokens, padding), "int32")
    mask = ops.not_equal(tokens, 0)
    ids = ops.where(mask, tokens - offset, padding)
    return ids, ops.cast(mask, "int32")


def max_length(backbone):
    """Maximum number of ids of a text, or `None` if there is none."""
    encoder = getattr(backbone, "text_encoder", backbone)
    return getattr(encoder, "max_sequence_length", None)


def check_length(backbone, length):
    """Raises an error if a backbone does not take texts of a length.

    Args:
        backbone: A text backbone of KerasHub.
        length: Number of ids, or `None`.
    """
    limit = max_length(backbone)
    if limit and length and length > limit:
        raise ValueError(
            f"The backbone takes texts of at most {limit} ids. Received: "
            f"max_length={length}. Set data.max_length={limit} or less."
        )
