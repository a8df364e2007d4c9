"""Scores the hypotheses of a decoder by CTC as well."""

from keras import ops

from mmkeras.generation.sampling import NEG_INF

_ZERO = -1e30  # Logarithm of 0, which stays finite in sums.
_TINY = 1e-37  # Smallest probability, relative to the largest of a step.


class JointDecoder:
    """A decoder whose next token CTC scores as well.

        (1 - w) log p(c | g) + w log (psi(g c) / psi(g))

    for a token c after the tokens g, where psi(g) is the probability of CTC
    that a text begins with g, summed over all paths; for the end of g, psi(g c)
    is that of the text g itself. All tokens are scored.

    Args:
        decoder: A decoder; see `mmkeras.decoders`.
        weight: float in [0, 1]. The weight w.
        start: int. Token id that starts a sequence.
        end: int. Token id that ends a sequence.

    Reference:
        [Watanabe et al., 2017](https://doi.org/10.1109/JSTSP.2017.2763455)
    """

    def __init__(self, decoder, weight, start, end):
        self.decoder, self.weight = decoder, weight
        self.edges = start, end

    def start(self, inputs, length=None):
        """Returns the state before the first token.

        Args:
            inputs: List of the decoder's context, and logits of CTC of shape
                `(batch, steps, vocabulary_size)`, with blank as id 0.
            length: As of the decoder.
        """
        context, logits = inputs
        state = self.decoder.start(context, length=length)
        logp = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        frames = {"p": ops.exp(logp), "logp": ops.transpose(logp, (0, 2, 1))}
        return state | {
            "static": {"decoder": state["static"], "ctc": frames},
            "cache": {"decoder": state["cache"], "ctc": _empty(logp)},
        }

    def step(self, token, state, index):
        """Processes one token; returns scores instead of logits."""
        static, cache = state["static"], state["cache"]
        own = {"static": static["decoder"], "cache": cache["decoder"]}
        logits, after = self.decoder.step(token, {**state, **own}, index)
        longer = _extend(cache["ctc"], token, static["ctc"]["logp"])
        prefix = {
            name: ops.where(index == 0, cache["ctc"][name], value)
            for name, value in longer.items()
        }
        next_tokens = _next_tokens(prefix, static["ctc"], *self.edges)
        logp = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        scores = (1 - self.weight) * logp + self.weight * next_tokens
        return scores, after | {
            "static": static,
            "cache": {"decoder": after["cache"], "ctc": prefix},
        }


def _empty(logp):
    """The state of the empty prefix, to which all paths of blanks belong.

    It has the last token, `(n,)`, the logarithm of psi, `(n,)`, and those of
    the probabilities of all paths to the prefix after 0 to `steps` steps, that
    end in `"blank"` or in its `"last"` token, `(n, steps + 1)`.
    """
    blank = ops.pad(ops.cumsum(logp[..., 0], axis=1), [(0, 0), (1, 0)])
    zeros = ops.zeros_like(blank[:, 0])
    return {
        "token": ops.cast(zeros, "int32"),
        "psi": zeros,
        "blank": blank,
        "last": ops.zeros_like(blank) + _ZERO,
    }


def _extend(prefix, token, logp):
    """The state of a prefix with one more token.

    Args:
        prefix: As of `_empty`, of `n` prefixes.
        token: int32 tensor of shape `(n,)`.
        logp: Log-probabilities of shape `(batch, vocabulary_size, steps)`;
            `batch` divides `n`.
    """
    token = ops.cast(token, "int32")
    label, blank = _of_token(logp, token), _of_token(logp, 0 * token)
    # A token is repeated only after a blank.
    repeats = (token == prefix["token"])[:, None]
    last = ops.where(repeats, _ZERO, prefix["last"])
    emitted = ops.logaddexp(prefix["blank"], last)[:, :-1] + label
    last = _pad(_recurrence(label, emitted))
    return {
        "token": token,
        "psi": ops.logsumexp(emitted, axis=-1),
        "blank": _pad(_recurrence(blank, last[:, :-1] + blank)),
        "last": last,
    }


def _next_tokens(prefix, frames, start, end):
    """Scores `log (psi(g c) / psi(g))` of all tokens c, `(n, vocabulary)`."""
    either = ops.logaddexp(prefix["blank"], prefix["last"])
    largest = ops.max(either[:, :-1], axis=-1, keepdims=True)
    weights = ops.exp(either[:, :-1] - largest)
    _, size, steps = ops.shape(frames["logp"])
    weights = ops.reshape(weights, (ops.shape(frames["p"])[0], -1, steps))
    total = ops.reshape(ops.matmul(weights, frames["p"]), (-1, size))
    psi = largest + ops.log(ops.maximum(total, _TINY))
    label = _of_token(frames["logp"], prefix["token"])
    again = ops.logsumexp(prefix["blank"][:, :-1] + label, axis=-1)
    ids = ops.arange(size, dtype="int32")
    psi = ops.where(ids == prefix["token"][:, None], again[:, None], psi)
    psi = ops.where(ids == end, either[:, -1:], psi)
    scores = ops.maximum(psi - prefix["psi"][:, None], NEG_INF)
    never = ops.logical_or(ids == 0, ids == start)
    return ops.where(never, NEG_INF, scores)


def _of_token(logp, token):
    """Log-probabilities `(n, steps)` of a token per prefix."""
    batch, size, steps = ops.shape(logp)
    rows = ops.arange(batch, dtype="int32")[:, None] * size
    index = ops.reshape(rows + ops.reshape(token, (batch, -1)), (-1,))
    return ops.take(ops.reshape(logp, (-1, steps)), index, axis=0)


def _recurrence(factors, terms):
    """Solves `y_t = y_(t-1) * factors_t + terms_t` in logarithms.

    Twice as many steps are summed up in each iteration.

    Args:
        factors: Tensor of shape `(n, steps)`.
        terms: Tensor of the same shape.

    Returns:
        Tensor of the same shape.
    """
    steps = ops.shape(terms)[1]
    place = ops.arange(steps, dtype="int32")

    def earlier(x, shift, fill):
        moved = ops.take(x, ops.maximum(place - shift, 0), axis=1)
        return ops.where(place < shift, fill, moved)

    def double(shift, factors, terms):
        before = earlier(terms, shift, _ZERO) + factors
        factors = factors + earlier(factors, shift, 0.0)
        return 2 * shift, factors, ops.logaddexp(terms, before)

    _, _, terms = ops.while_loop(
        lambda shift, *_: shift < steps,
        double,
        (ops.convert_to_tensor(1, "int32"), factors, terms),
    )
    return terms


def _pad(x):
    """Adds step 0, which no path with a token has."""
    return ops.pad(x, [(0, 0), (1, 0)], constant_values=_ZERO)
