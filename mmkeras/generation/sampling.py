"""Samples tokens from the logits of a decoder."""

from keras import ops

NEG_INF = -1e9  # Log-probability of forbidden tokens.


def sample_tokens(logits, uniforms, temperature, top_k=0, top_p=1.0):
    """Samples a token by inverting the cumulative distribution.

    Args:
        logits: Tensor of shape `(batch, vocabulary)`, float32.
        uniforms: Tensor of shape `(batch, 1)`, uniform in [0, 1).
        temperature: float above 0.
        top_k: int. Sample among that many most likely tokens; 0 for all.
        top_p: float in (0, 1]. Sample among the most likely tokens that
            together have this probability.

    Returns:
        int32 tensor of shape `(batch, 1)`.
    """
    logits = logits / temperature
    if top_k:
        largest = ops.top_k(logits, min(top_k, logits.shape[-1]))[0]
        logits = ops.where(logits < largest[:, -1:], NEG_INF, logits)
    if top_p < 1:
        logits = _nucleus(logits, top_p)
    cumulative = ops.cumsum(ops.softmax(logits, axis=-1), axis=-1)
    point = ops.minimum(uniforms, 1 - 1e-6) * cumulative[:, -1:]
    is_below = ops.cast(cumulative <= point, "int32")
    return ops.sum(is_below, axis=-1, keepdims=True)


def _nucleus(logits, top_p):
    ordered = ops.flip(ops.sort(logits, axis=-1), axis=-1)
    probability = ops.softmax(ordered, axis=-1)
    cumulative = ops.cumsum(probability, axis=-1) - probability
    nucleus = ops.where(cumulative < top_p, ordered, -NEG_INF)
    smallest = ops.min(nucleus, axis=-1, keepdims=True)
    return ops.where(logits < smallest, NEG_INF, logits)
