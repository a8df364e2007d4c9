"""Draws words at random from what a decoder says."""

from keras import ops

NEVER = -1e9  # The log-probability of what must not be said.


def draw(logits, dice, temperature, top_k=0, top_p=1.0):
    """Draws a word by inverting the cumulated probabilities.

    Args:
        logits: Tensor of shape `(batch, vocabulary)`, float32.
        dice: Tensor of shape `(batch, 1)`, uniform in [0, 1).
        temperature: float above 0.
        top_k: int. Draw among that many likeliest words; 0 for all.
        top_p: float in (0, 1]. Draw among the likeliest words that together
            have this probability.

    Returns:
        int32 tensor of shape `(batch, 1)`.
    """
    logits = logits / temperature
    if top_k:
        least = ops.top_k(logits, min(top_k, logits.shape[-1]))[0]
        logits = ops.where(logits < least[:, -1:], NEVER, logits)
    if top_p < 1:
        logits = _nucleus(logits, top_p)
    chance = ops.cumsum(ops.softmax(logits, axis=-1), axis=-1)
    point = ops.minimum(dice, 1 - 1e-6) * chance[:, -1:]
    passed = ops.cast(chance <= point, "int32")
    return ops.sum(passed, axis=-1, keepdims=True)


def _nucleus(logits, top_p):
    ordered = ops.flip(ops.sort(logits, axis=-1), axis=-1)
    chance = ops.softmax(ordered, axis=-1)
    before = ops.cumsum(chance, axis=-1) - chance
    inside = ops.where(before < top_p, ordered, -NEVER)
    least = ops.min(inside, axis=-1, keepdims=True)
    return ops.where(logits < least, NEVER, logits)
