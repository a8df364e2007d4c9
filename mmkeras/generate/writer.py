"""Writes with a decoder: greedy, beam search and sampling in one loop."""

import keras
from keras import ops

from mmkeras.generate.agreement import agreement
from mmkeras.generate.draw import NEVER
from mmkeras.generate.draw import draw


@keras.saving.register_keras_serializable(package="mmkeras")
class Writer(keras.layers.Layer):
    """Writes the tokens that a decoder finds likeliest.

    One `ops.while_loop` keeps `beam` lanes a picture, each a sentence so far
    with its score and its decoder state, and asks the decoder for one step at
    a time. Greedy search and sampling have a single lane.

    The score of a sentence is `sum_t log p(w_t) / n ** length_penalty`, where
    n counts its tokens, the end included. The greedy sentence is never
    pruned, so that a wider beam never scores below it.

    Args:
        decoder: A decoder layer, built or called before.
        length: int. Most tokens to write, the end included.
        beam: int. Sentences kept while searching; 1 is greedy search.
        length_penalty: float. 0 prefers short sentences, 1 compares them by
            their mean log-probability.
        consensus: float. 0 says the sentence of the beam with the best score;
            above, the one whose n-grams the others share most, where each has
            a voice of `softmax(consensus * score)`. See
            `mmkeras.generate.agreement`.
        temperature: float. 0 writes the likeliest tokens; above, tokens are
            drawn from the probabilities raised to `1 / temperature`.
        top_k: int. Draw among that many likeliest tokens; 0 for all.
        top_p: float in (0, 1]. Draw among the likeliest tokens that together
            have this probability (nucleus sampling).
        no_repeat: int. Forbid an n-gram of that size to occur twice; 0 allows.
        minimum: int. Fewest tokens before the end, if so many can be said.
        start: int. Token id that opens a sentence.
        end: int. Token id that closes a sentence; padding, id 0, follows.
        seed: int or `None`. Seeds the draws.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        context: Tensor of shape `(batch, regions, dim)`.

    Returns:
        Dict of `"tokens"`, integers of shape `(batch, length)`, and
        `"score"`, float32 of shape `(batch,)`.

    Raises:
        ValueError: If an option is out of its range, if `beam` and
            `temperature` are both asked for, if `top_k` or `top_p` are
            without `temperature`, if `consensus` is without a beam, or if the
            decoder cannot read `length` tokens.

    Reference:
        Nucleus sampling: [Holtzman et al., 2020](
        https://arxiv.org/abs/1904.09751). Blocking of n-grams:
        [Paulus et al., 2017](https://arxiv.org/abs/1705.04304). Minimum Bayes
        risk: [Kumar and Byrne, 2004](https://aclanthology.org/N04-1022).
    """

    def __init__(
        self,
        decoder,
        length=20,
        beam=1,
        length_penalty=0.7,
        consensus=0.0,
        temperature=0.0,
        top_k=0,
        top_p=1.0,
        no_repeat=0,
        minimum=0,
        start=1,
        end=2,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.decoder = decoder
        self.options = {
            "length": length,
            "beam": beam,
            "length_penalty": length_penalty,
            "consensus": consensus,
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "no_repeat": no_repeat,
            "minimum": minimum,
            "start": start,
            "end": end,
            "seed": seed,
        }
        _check(**self.options)
        _check_room(decoder, length)
        for name, value in self.options.items():
            setattr(self, name, value)
        self.seeds = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, context):
        size = ops.shape(context)[0]
        state = self.decoder.start(context)
        state = keras.tree.map_structure(self._spread, state)
        rows = ops.repeat(ops.zeros((size, 1), "int32"), self.beam, axis=1)
        lane = ops.arange(self.beam, dtype="int32")[None] + rows
        moving = keras.tree.flatten(state["moving"])

        def unfinished(index, last, tokens, score, greedy, *moving):
            return ops.logical_and(
                index < self.length, ops.any(last != self.end)
            )

        dice = ops.zeros((self.length, 1, 1))
        if self.temperature:
            # Drawn ahead: a JAX loop may not touch the generator's state.
            shape = (self.length, size, 1)
            dice = keras.random.uniform(shape, seed=self.seeds)

        def write(index, last, tokens, score, greedy, *moving):
            now = keras.tree.pack_sequence_as(state["moving"], moving)
            logits, after = self.decoder.step(
                ops.reshape(last, (-1,)),
                {"fixed": state["fixed"], "moving": now},
                index,
            )
            chosen = self._choose(
                logits, index, last, tokens, score, greedy, dice[index]
            )
            origin, last, score, greedy = chosen
            column = ops.arange(self.length, dtype="int32") == index
            tokens = self._gather(tokens, origin)
            tokens = ops.where(column, last[..., None], tokens)
            after = keras.tree.flatten(after["moving"])
            return (
                index + 1,
                last,
                tokens,
                score,
                greedy,
                *(self._follow(x, origin) for x in after),
            )

        first = (
            ops.convert_to_tensor(0, "int32"),
            rows + self.start,
            ops.repeat(rows[..., None], self.length, axis=2),
            # All lanes are alike at first: only one of them may branch out.
            ops.cast(ops.where(lane == 0, 0.0, NEVER), "float32"),
            lane == 0,
        )
        _, last, tokens, score, *_ = ops.while_loop(
            unfinished, write, (*first, *moving)
        )
        return self._best(tokens, score)

    def compute_output_spec(self, context):
        size = context.shape[0]
        return {
            "tokens": keras.KerasTensor((size, self.length), "int32"),
            "score": keras.KerasTensor((size,), "float32"),
        }

    def get_config(self):
        decoder = keras.saving.serialize_keras_object(self.decoder)
        return {**super().get_config(), "decoder": decoder, **self.options}

    @classmethod
    def from_config(cls, config):
        decoder = keras.saving.deserialize_keras_object(config.pop("decoder"))
        return cls(decoder, **config)

    def _spread(self, x):
        return ops.repeat(x, self.beam, axis=0) if self.beam > 1 else x

    def _gather(self, x, origin):
        """Reorders the lanes of `(batch, beam, ...)`."""
        if self.beam == 1:
            return x
        shape = ops.shape(x)
        flat = self._follow(ops.reshape(x, (-1, *shape[2:])), origin)
        return ops.reshape(flat, shape)

    def _follow(self, x, origin):
        """Reorders the lanes of `(batch * beam, ...)`."""
        if self.beam == 1:
            return x
        rows = ops.arange(ops.shape(origin)[0], dtype="int32")[:, None]
        flat = ops.reshape(rows * self.beam + origin, (-1,))
        return ops.take(x, flat, axis=0)

    def _choose(self, logits, index, last, tokens, score, greedy, dice):
        """Picks the lanes that live on and the token each one says."""
        logits = ops.cast(logits, "float32")
        if self.beam == 1 or self.no_repeat:
            gain, word = self._weigh_all(logits, index, tokens, dice)
        else:
            gain, word = self._weigh_best(logits, index)
        width = gain.shape[-1]
        shape = (-1, self.beam, width)
        gain = ops.reshape(gain, shape)
        word = ops.reshape(ops.cast(word, "int32"), shape)
        over = (last == self.end)[..., None]  # (batch, beam, 1)
        likeliest = ops.arange(width) == 0
        gain = ops.where(over, ops.where(likeliest, 0.0, NEVER), gain)
        word = ops.where(over, self.end, word)
        total = score[..., None] + gain
        if self.temperature:
            return last * 0, word[..., 0], total[..., 0], greedy
        merit = total / self._norm(tokens)
        # The likeliest word of the greedy lane wins against every other lane.
        kept = ops.logical_and(greedy[..., None], likeliest)
        merit = ops.where(kept, -NEVER, merit)
        flat = (-1, self.beam * width)
        _, best = ops.top_k(ops.reshape(merit, flat), self.beam)
        best = ops.cast(best, "int32")
        word, total, greedy = (
            ops.take_along_axis(ops.reshape(x, flat), best, axis=-1)
            for x in (word, total, kept)
        )
        return best // width, word, total, greedy

    def _weigh_best(self, logits, index):
        """Log-probabilities and ids of the likeliest words that may be said.

        The few that may never be are passed over among the likeliest, whose
        first is also what the sum of exponentials needs: each pass over the
        vocabulary that this saves is felt.
        """
        size = logits.shape[-1]
        gain, word = ops.top_k(logits, min(self.beam + 3, size))
        word = ops.cast(word, "int32")
        # Not a slice: with one, XLA sorts the whole vocabulary.
        most = ops.max(gain, axis=-1, keepdims=True)
        rest = ops.sum(ops.exp(logits - most), axis=-1, keepdims=True)
        gain = gain - most - ops.log(rest)
        gain = ops.where(self._never(word, index), NEVER, gain)
        # No lane has more than `beam` children among the best.
        gain, place = ops.top_k(gain, min(self.beam, size))
        return gain, ops.take_along_axis(word, place, axis=-1)

    def _weigh_all(self, logits, index, tokens, dice):
        """The same for one lane, or where any word may be forbidden."""
        whole = ops.logsumexp(logits, axis=-1, keepdims=True)
        logits = self._forbid(logits, index, tokens)
        if self.temperature:
            word = draw(logits, dice, self.temperature, self.top_k, self.top_p)
            gain = ops.take_along_axis(logits, word, axis=-1)
        else:
            gain, word = ops.top_k(logits, min(self.beam, logits.shape[-1]))
        return gain - whole, word

    def _never(self, ids, index):
        """Marks padding, the start and, too early, the end."""
        never = ops.logical_or(ids == 0, ids == self.start)
        early = ops.logical_and(ids == self.end, index < self.minimum)
        return ops.logical_or(never, early)

    def _forbid(self, logits, index, tokens):
        ids = ops.arange(logits.shape[-1], dtype="int32")
        never = self._never(ids, index)
        if self.no_repeat:
            never = ops.logical_or(never, self._repeats(index, tokens, ids))
            # Who has nothing left to say may end.
            some = ops.logical_not(ops.all(never, axis=-1, keepdims=True))
            never = ops.logical_and(
                never, ops.logical_or(some, ids != self.end)
            )
        return ops.where(never, NEVER, logits)

    def _repeats(self, index, tokens, ids):
        """Marks words that would close an n-gram for the second time."""
        size = self.no_repeat
        tokens = ops.reshape(tokens, (-1, self.length))
        places = ops.arange(self.length, dtype="int32")
        seen = places + size - 1 < index  # The n-gram from here is whole.
        for i in range(size - 1):
            early = ops.roll(tokens, -i, axis=1)
            place = ops.maximum(index - size + 1 + i, 0)
            recent = ops.take(tokens, place, axis=1)[:, None]
            seen = ops.logical_and(seen, early == recent)
        closing = ops.roll(tokens, -(size - 1), axis=1)
        closing = ops.where(seen, closing, 0)  # Id 0 is forbidden anyway.
        marks = [closing[:, i, None] == ids for i in range(self.length)]
        found = marks[0]
        for mark in marks[1:]:
            found = ops.logical_or(found, mark)
        return found

    def _norm(self, tokens):
        """Length, as the score counts it, after this step."""
        words = ops.logical_and(tokens != 0, tokens != self.end)
        count = 1 + ops.sum(ops.cast(words, "float32"), axis=-1, keepdims=True)
        return ops.power(count, self.length_penalty)

    def _best(self, tokens, score):
        said = _until(tokens, self.end)
        count = ops.sum(ops.cast(said, "float32"), axis=-1)
        score = score / ops.power(ops.maximum(count, 1.0), self.length_penalty)
        tokens = ops.where(said, tokens, 0)
        merit = score
        if self.consensus:
            voice = ops.softmax(self.consensus * score, axis=-1)
            merit = agreement(tokens, voice)
        best = ops.cast(ops.argmax(merit, axis=-1), "int32")[:, None]
        score = ops.take_along_axis(score, best, axis=1)[:, 0]
        tokens = ops.take_along_axis(tokens, best[..., None], axis=1)[:, 0]
        return {"tokens": tokens, "score": score}


def _until(tokens, end):
    """Marks what was said, the first end included, in `(..., length)`."""
    ended = ops.cast(tokens == end, "int32")
    before = ops.cumsum(ended, axis=-1) - ended
    return ops.logical_and(before == 0, tokens != 0)


def _check(
    length, beam, consensus, temperature, top_k, top_p, no_repeat, minimum, **_
):
    wrong = {
        "length": (length, length >= 1, "at least 1"),
        "beam": (beam, beam >= 1, "at least 1"),
        "consensus": (consensus, consensus >= 0, "at least 0"),
        "temperature": (temperature, temperature >= 0, "at least 0"),
        "top_k": (top_k, top_k >= 0, "at least 0"),
        "top_p": (top_p, 0 < top_p <= 1, "above 0 and at most 1"),
        "no_repeat": (no_repeat, no_repeat >= 0, "at least 0"),
        "minimum": (minimum, 0 <= minimum < length, "in [0, length)"),
    }
    for name, (value, right, expected) in wrong.items():
        if not right:
            raise ValueError(
                f"`{name}` must be {expected}. Received: {name}={value}"
            )
    if temperature and beam > 1:
        raise ValueError(
            "A beam search does not draw: give either `beam` or "
            f"`temperature`. Received: beam={beam}, temperature={temperature}"
        )
    if consensus and beam == 1:
        raise ValueError(
            "A consensus is one of several sentences: give a `beam` of 2 or "
            f"more with it. Received: consensus={consensus}, beam={beam}"
        )
    if not temperature and (top_k or top_p < 1):
        raise ValueError(
            "`top_k` and `top_p` say what to draw among: give a `temperature` "
            f"above 0 with them. Received: top_k={top_k}, top_p={top_p}, "
            f"temperature={temperature}"
        )


def _check_room(decoder, length):
    most = getattr(decoder, "length", length)
    if length > most:
        raise ValueError(
            f"The decoder reads at most length={most} tokens. Received: "
            f"length={length}. Write less, or build it with a larger `length`."
        )
