"""Connectionist temporal classification (CTC)."""

import numpy as np
from keras import ops

_NEVER = -1e30  # Logarithm of 0, without the NaN of its infinity.
_IMPOSSIBLE = 1e6  # Above it, a text needs more steps than there are.


def ctc_loss(targets, logits):
    """Computes the CTC loss of each example, in float32.

        loss = -log sum over paths of prod_t p(path_t)

    over all paths, one id per step, that become the target if repeated ids
    are merged and blanks, id 0, removed. The gradient is exact: softmax of
    the logits minus the posterior of each id at each step. It is computed
    with one recursion over the steps, forwards and backwards at once, not
    by differentiating the recursion; there are no second derivatives.

    Padded steps are those of `layers.BlankPadding`, blank for certain: they
    change neither the loss nor its gradient.

    Args:
        targets: Integers of shape `(batch, length)`, 0 after the last id.
        logits: Floats of shape `(batch, steps, vocabulary_size)`.

    Returns:
        float32 of shape `(batch,)`, in nats; 0, with a gradient of 0, for a
        target that has more ids, and blanks between equal ones, than there
        are steps.

    Reference:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """
    targets = ops.cast(targets, "int32")
    logits = ops.cast(logits, "float32")
    constant = ops.stop_gradient(logits)
    logp = ops.log_softmax(constant, axis=-1)
    states = _with_blanks(targets)
    starts, ends = _edges(targets)
    emissions = ops.take_along_axis(logp, states[:, None, :], axis=-1)
    forward, backward = _recursions(states, emissions, starts, ends)
    total = _log_sum(forward[:, -1] + ends)
    posterior = forward + backward - emissions - total[:, None, None]
    posterior = ops.exp(ops.minimum(posterior, 0.0))
    ids = ops.one_hot(states, ops.shape(logits)[-1], dtype="float32")
    gradient = ops.exp(logp) - ops.matmul(posterior, ids)
    possible = total > -_IMPOSSIBLE
    gradient = ops.where(possible[:, None, None], gradient, 0.0)
    loss = ops.where(possible, -total, 0.0)
    # Its value is the loss, and its derivative the gradient.
    change = ops.sum(gradient * (logits - constant), axis=(1, 2))
    return ops.stop_gradient(loss) + change


def ctc_steps(targets):
    """Counts the steps that a target needs: its ids, and blanks in between.

    Args:
        targets: Integer array of shape `(batch, length)`, 0 after the last.

    Returns:
        Integers of shape `(batch,)`.
    """
    targets = np.asarray(targets)
    repeats = (targets[:, 1:] == targets[:, :-1]) & (targets[:, 1:] != 0)
    return np.count_nonzero(targets, axis=1) + repeats.sum(axis=1)


def _with_blanks(targets):
    """The states of the recursion: blank, id, blank, id, ..., blank."""
    pairs = ops.stack([ops.zeros_like(targets), targets], axis=-1)
    size = ops.shape(targets)
    states = ops.reshape(pairs, (size[0], 2 * size[1]))
    return ops.pad(states, [(0, 0), (0, 1)])


def _edges(targets):
    """Logarithms of whether a path may start, and end, in each state."""
    count = ops.sum(ops.cast(targets != 0, "int32"), axis=1, keepdims=True)
    place = ops.arange(2 * ops.shape(targets)[1] + 1)[None, :]
    may_start = ops.logical_and(place < 2, place <= 2 * count)
    may_end = ops.logical_or(place == 2 * count, place == 2 * count - 1)
    return [ops.where(x, 0.0, _NEVER) for x in (may_start, may_end)]


def _recursions(states, emissions, starts, ends):
    """Log-probabilities of all paths to, and from, each state and step.

    The second are the first of the reversed target over the reversed steps;
    both include the step itself. Both are computed as one batch.
    """
    both = ops.concatenate([states, ops.flip(states, 1)], axis=0)
    emitted = ops.concatenate(
        [emissions, ops.flip(ops.flip(emissions, 1), 2)], axis=0
    )
    first = ops.concatenate([starts, ops.flip(ends, 1)], axis=0)
    skips = ops.logical_and(both[:, 2:] != 0, both[:, 2:] != both[:, :-2])
    skips = ops.where(ops.pad(skips, [(0, 0), (2, 0)]), 0.0, _NEVER)
    emitted = ops.swapaxes(emitted, 0, 1)  # (steps, 2 batch, states)

    def step(paths, emission):
        one, two = (_shifted(paths, count) for count in (1, 2))
        paths = _log_add(paths, one, two + skips) + emission
        paths = ops.maximum(paths, _NEVER)
        return paths, paths

    first = first + emitted[0]
    _, rest = ops.scan(step, first, emitted[1:])
    steps = ops.concatenate([first[None], rest], axis=0)
    forward, backward = ops.split(ops.swapaxes(steps, 0, 1), 2, axis=0)
    return forward, ops.flip(ops.flip(backward, 1), 2)


def _shifted(paths, count):
    size = ops.shape(paths)[1]
    padded = ops.pad(paths, [(0, 0), (count, 0)], constant_values=_NEVER)
    return padded[:, :size]


def _log_add(*values):
    largest = ops.maximum(ops.maximum(values[0], values[1]), values[2])
    total = sum(ops.exp(value - largest) for value in values)
    return largest + ops.log(total)


def _log_sum(values):
    return ops.logsumexp(values, axis=-1)
