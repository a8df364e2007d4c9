"""Generates with a decoder: greedy, beam search and sampling in one loop."""

import functools

import keras
import numpy as np
from keras import ops

from mmkeras.generation import compiled
from mmkeras.generation.beams import mask_after_end
from mmkeras.generation.beams import reorder
from mmkeras.generation.beams import reorder_flat
from mmkeras.generation.beams import repeat_state
from mmkeras.generation.beams import select_best
from mmkeras.generation.ctc_prefix import JointDecoder
from mmkeras.generation.mbr import expected_ngram_matches
from mmkeras.generation.mbr import mbr_scores
from mmkeras.generation.options import check
from mmkeras.generation.options import check_length
from mmkeras.generation.sampling import NEG_INF
from mmkeras.generation.sampling import sample_tokens

_SHIFTS = 1009  # Shifts of the uniform numbers of samples.


@keras.saving.register_keras_serializable(package="mmkeras")
class SequenceGenerator(keras.layers.Layer):
    """Generates the most likely sequences of a decoder.

    One `ops.while_loop` keeps `beam` hypotheses per example, each a partial
    sequence with its score and its decoder state, and calls the decoder one
    step at a time. Greedy search and sampling keep a single one.

    With `samples`, that many sequences are sampled as well. From them and the
    beam, the one with the most n-grams in common with the samples is returned:
    `sum over n = 1..4 of E[matches_n] - word_penalty * words`, where E is the
    mean over the samples. The most likely sequences are short and generic; the
    selected one is about as long as the references. The sampling depends on
    `seed` and the beam only, so an example does not depend on the others in
    its batch.

    The score of a sequence is `sum_t log p(w_t) / n ** length_penalty`, where
    n counts its tokens, the end included. The greedy sequence is never
    pruned, so a wider beam never scores below it.

    Args:
        decoder: A decoder layer, built or called before.
        length: int. Maximum number of tokens, the end included.
        beam: int. Number of hypotheses; 1 is greedy search.
        length_penalty: float. 0 prefers short sequences, 1 compares them by
            their mean log-probability.
        consensus: float. 0 chooses the best score of the beam; a larger value
            chooses the sequence that shares most n-grams with the others of
            the beam, weighted by `softmax(consensus * score)`. See
            `mmkeras.generation.mbr_scores`.
        samples: int. Number of sequences to sample besides the beam.
        word_penalty: float. Cost of a word, with `samples`; larger values
            make sequences shorter.
        temperature: float. 0 chooses the most likely tokens; above, tokens
            are sampled from the probabilities raised to `1 / temperature`.
        top_k: int. Sample among that many most likely tokens; 0 for all.
        top_p: float in (0, 1]. Sample among the most likely tokens that
            together have this probability (nucleus sampling).
        no_repeat_ngram_size: int. Size of n-grams that may not occur twice;
            0 for none.
        min_length: int. Minimum number of tokens before the end.
        start: int. Token id that starts a sequence.
        end: int. Token id that ends a sequence; padding, id 0, follows.
        ctc_weight: float in [0, 1]. Weight of the probability that CTC gives
            a sequence, beside that of the decoder, e.g. 0.3; 0 for none. See
            `ctc_prefix.JointDecoder`.
        seed: int or `None`. Seed of the sampling.
        xla: bool or `None`. Whether to compile the search with XLA, on
            TensorFlow, which takes seconds for each batch size and makes every
            further batch faster; see `compiled`. By default a task compiles it
            after 64 batches of a size, and an export at once, unless their
            inputs may have any length; a generator by itself does not. Sampling
            by `temperature` alone is not compiled, nor is `ctc_weight`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        context: Tensor of shape `(batch, regions, dim)`.
        uniforms: Uniform random numbers in [0, 1), of shape `(batch, length,
            sequences)`: that many sequences are sampled for each example, at
            `temperature`. By default one is generated, by the search that
            the options define.
        ctc: Logits of CTC for `ctc_weight`, of shape `(batch, steps,
            vocabulary_size)` with blank as id 0.

    Returns:
        Dict of `"tokens"`, integers of shape `(batch, length)`, and
        `"score"`, float32 of shape `(batch,)`; with `uniforms`, of shape
        `(batch, sequences, length)` and `(batch, sequences)`.

    Raises:
        ValueError: If an option is out of its range, if `beam` and
            `temperature` are combined without `samples`, if `samples`,
            `top_k`, `top_p` or `uniforms` are without `temperature`, if
            `consensus` is without a beam or with samples, if the decoder
            takes fewer than `length` tokens, or `ctc_weight` is without `ctc`.

    Reference:
        Nucleus sampling: [Holtzman et al., 2020](
        https://arxiv.org/abs/1904.09751). Blocking of n-grams:
        [Paulus et al., 2017](https://arxiv.org/abs/1705.04304). Minimum Bayes
        risk: [Kumar and Byrne, 2004](https://aclanthology.org/N04-1022); by
        expected matches: [Tromble et al., 2008](
        https://aclanthology.org/D08-1065); from samples: [Eikema and Aziz,
        2020](https://arxiv.org/abs/2005.10283). CTC in the beam search:
        [Watanabe et al., 2017](https://doi.org/10.1109/JSTSP.2017.2763455).
    """

    def __init__(
        self,
        decoder,
        length=20,
        beam=1,
        length_penalty=0.7,
        consensus=0.0,
        samples=0,
        word_penalty=0.5,
        temperature=0.0,
        top_k=0,
        top_p=1.0,
        no_repeat_ngram_size=0,
        min_length=0,
        start=1,
        end=2,
        ctc_weight=0.0,
        seed: int | None = None,
        xla: bool | None = None,
        **kwargs,
    ):
        # In bfloat16 the uniform numbers are too coarse for a vocabulary.
        super().__init__(autocast=False, **kwargs)
        self.decoder = decoder
        self.options = {
            "length": length,
            "beam": beam,
            "length_penalty": length_penalty,
            "consensus": consensus,
            "samples": samples,
            "word_penalty": word_penalty,
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "no_repeat_ngram_size": no_repeat_ngram_size,
            "min_length": min_length,
            "start": start,
            "end": end,
            "ctc_weight": ctc_weight,
            "seed": seed,
            "xla": xla,
        }
        check(**self.options)
        check_length(decoder, length)
        for name, value in self.options.items():
            setattr(self, name, value)
        self.seeds = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, context, uniforms=None, ctc=None):
        if self.ctc_weight and ctc is None:
            raise ValueError(
                "`ctc_weight` requires `ctc`, the logits of CTC of a model "
                "with such an output. Leave it out for other models. "
                f"Received: ctc_weight={self.ctc_weight}, ctc=None"
            )
        is_random = self.temperature and not self.samples
        is_joint = bool(self.ctc_weight)
        if self.xla and uniforms is None and not is_random and not is_joint:
            return self._compiled(context)
        return self._search(context, uniforms, ctc)

    @functools.cached_property
    def _compiled(self):
        return compiled.with_xla(self._search)

    def _search(self, context, uniforms=None, ctc=None):
        given = [context, ctc] if self.ctc_weight else context
        state = self._scorer.start(given, length=self.length)
        rows = ops.zeros((ops.shape(context)[0], 1), "int32")
        if uniforms is not None:
            if not self.temperature:
                raise ValueError(
                    "`uniforms` requires a `temperature` above 0. Received: "
                    "temperature=0.0"
                )
            uniforms = ops.transpose(uniforms, (1, 0, 2))
            samples = self._generate(state, rows, uniforms.shape[2], uniforms)
            tokens, score = self._finished(*samples)
            return {"tokens": tokens, "score": score}
        if self.samples:
            beam = self._finished(*self._generate(state, rows, self.beam))
            uniforms = self._uniforms(beam[0])
            samples = self._generate(state, rows, self.samples, uniforms)
            return self._expected(*beam, *self._finished(*samples))
        if self.temperature:
            # Sampled ahead: a JAX loop may not change the generator's state.
            shape = (self.length, ops.shape(rows)[0], 1)
            uniforms = keras.random.uniform(shape, seed=self.seeds)
        return self._best(*self._generate(state, rows, self.beam, uniforms))

    def _generate(self, state, rows, count, uniforms=None):
        """Generates sequences.

        Args:
            state: State of the decoder before the first token.
            rows: int32 zeros of shape `(batch, 1)`.
            count: int. Sequences per example.
            uniforms: `None` for a beam search; for sampling, uniform numbers
                in [0, 1) of shape `(length, batch or 1, count)`.

        Returns:
            Tuple of tokens, shape `(batch, count, length)`, and scores.
        """
        state = repeat_state(state, count)
        rows = ops.repeat(rows, count, axis=1)
        beam = ops.arange(count, dtype="int32")[None] + rows
        changing = {k: v for k, v in state.items() if k != "static"}
        cache = keras.tree.flatten(changing)
        size = len(keras.tree.flatten(state["cache"]))
        # All beams are equal at first: only one of them may be expanded.
        score = ops.cast(ops.where(beam == 0, 0.0, NEG_INF), "float32")
        if uniforms is not None:
            score = ops.cast(rows, "float32")

        def unfinished(index, last, tokens, score, greedy, *cache):
            return ops.logical_and(
                index < self.length, ops.any(last != self.end)
            )

        def advance(index, last, tokens, score, greedy, *cache):
            before = keras.tree.pack_sequence_as(changing, cache)
            logits, successor = self._scorer.step(
                ops.reshape(last, (-1,)),
                {"static": state["static"], **before},
                index,
            )
            logits = ops.cast(logits, "float32")
            cache = keras.tree.flatten({k: successor[k] for k in changing})
            if uniforms is None:
                origin, last, score, greedy = self._select(
                    logits, index, last, tokens, score, greedy
                )
                tokens = reorder(tokens, origin)
                reordered = [reorder_flat(x, origin) for x in cache[:size]]
                cache = [*reordered, *cache[size:]]
            else:
                numbers = uniforms[index] + ops.cast(rows, "float32")
                last, score = self._sample(
                    logits, index, last, tokens, score, numbers
                )
            column = ops.arange(self.length, dtype="int32") == index
            tokens = ops.where(column, last[..., None], tokens)
            return (index + 1, last, tokens, score, greedy, *cache)

        first = (
            ops.convert_to_tensor(0, "int32"),
            rows + self.start,
            ops.repeat(rows[..., None], self.length, axis=2),
            score,
            beam == 0,
        )
        _, _, tokens, score, *_ = ops.while_loop(
            unfinished, advance, (*first, *cache)
        )
        return tokens, score

    @property
    def _scorer(self):
        """The decoder, or what scores its tokens by CTC as well."""
        if not self.ctc_weight:
            return self.decoder
        edges = self.start, self.end
        return JointDecoder(self.decoder, self.ctc_weight, *edges)

    def _log_total(self, logits):
        """Logarithm of what scores are divided by; joint ones are not."""
        if self.ctc_weight:
            return 0.0
        return ops.logsumexp(logits, axis=-1, keepdims=True)

    def _uniforms(self, tokens):
        """Uniform numbers for the samples, a function of the beam only.

        The same numbers for all examples would correlate their samples.
        """
        rng = np.random.default_rng(self.seed or 0)
        uniforms = rng.random((self.length, 1, self.samples), "float32")
        uniforms = ops.convert_to_tensor(uniforms)
        shifts = rng.random((self.length, _SHIFTS), "float32")
        factors = ops.arange(1, self.beam * self.length + 1, dtype="int32")
        factors = ops.reshape(factors, (self.beam, self.length))
        shift = ops.sum(tokens * factors, axis=(1, 2)) % _SHIFTS  # (batch,)
        shifted = uniforms + ops.take(shifts, shift, axis=1)[..., None]
        return shifted - ops.floor(shifted)

    def compute_output_spec(self, context, uniforms=None, ctc=None):
        shape = context.shape[:1] + (
            () if uniforms is None else uniforms.shape[2:]
        )
        return {
            "tokens": keras.KerasTensor((*shape, self.length), "int32"),
            "score": keras.KerasTensor(shape, "float32"),
        }

    def get_config(self):
        decoder = keras.saving.serialize_keras_object(self.decoder)
        return {**super().get_config(), "decoder": decoder, **self.options}

    @classmethod
    def from_config(cls, config):
        decoder = keras.saving.deserialize_keras_object(config.pop("decoder"))
        return cls(decoder, **config)

    def _sample(self, logits, index, last, tokens, score, uniforms):
        """Samples the next token of each sequence."""
        norm = self._log_total(logits)
        logits = self._forbid(logits, index, tokens)
        uniforms = ops.reshape(uniforms, (-1, 1))
        word = sample_tokens(
            logits, uniforms, self.temperature, self.top_k, self.top_p
        )
        gain = ops.take_along_axis(logits, word, axis=-1) - norm
        gain, word = (ops.reshape(x, ops.shape(last)) for x in (gain, word))
        over = last == self.end
        word = ops.where(over, self.end, ops.cast(word, "int32"))
        return word, score + ops.where(over, 0.0, gain)

    def _select(self, logits, index, last, tokens, score, greedy):
        """Selects the beams to keep and their next tokens."""
        if self.beam == 1 or self.no_repeat_ngram_size:
            gain, word = self._weigh_all(logits, index, tokens)
        else:
            gain, word = self._weigh_best(logits, index)
        width = gain.shape[-1]
        shape = (-1, self.beam, width)
        gain = ops.reshape(gain, shape)
        word = ops.reshape(ops.cast(word, "int32"), shape)
        over = (last == self.end)[..., None]  # (batch, beam, 1)
        likeliest = ops.arange(width) == 0
        gain = ops.where(over, ops.where(likeliest, 0.0, NEG_INF), gain)
        word = ops.where(over, self.end, word)
        total = score[..., None] + gain
        merit = total / self._norm(tokens)
        # The most likely token of the greedy beam wins against every other.
        is_greedy = ops.logical_and(greedy[..., None], likeliest)
        merit = ops.where(is_greedy, -NEG_INF, merit)
        flat = (-1, self.beam * width)
        _, best = ops.top_k(ops.reshape(merit, flat), self.beam)
        best = ops.cast(best, "int32")
        word, total, greedy = (
            ops.take_along_axis(ops.reshape(x, flat), best, axis=-1)
            for x in (word, total, is_greedy)
        )
        return best // width, word, total, greedy

    def _weigh_best(self, logits, index):
        """Log-probabilities and ids of the most likely permitted tokens.

        Forbidden tokens are masked after the selection, whose maximum is reused
        in the sum of exponentials: this saves passes over the vocabulary.
        """
        size = logits.shape[-1]
        gain, word = ops.top_k(logits, min(self.beam + 3, size))
        word = ops.cast(word, "int32")
        if not self.ctc_weight:
            # Not a slice: with one, XLA sorts the whole vocabulary.
            largest = ops.max(gain, axis=-1, keepdims=True)
            total = ops.sum(ops.exp(logits - largest), axis=-1, keepdims=True)
            gain = gain - largest - ops.log(total)
        gain = ops.where(self._is_forbidden(word, index), NEG_INF, gain)
        # No beam has more than `beam` children among the best.
        gain, best = ops.top_k(gain, min(self.beam, size))
        return gain, ops.take_along_axis(word, best, axis=-1)

    def _weigh_all(self, logits, index, tokens):
        """The same for one beam, or if any token may be forbidden."""
        norm = self._log_total(logits)
        logits = self._forbid(logits, index, tokens)
        gain, word = ops.top_k(logits, min(self.beam, logits.shape[-1]))
        return gain - norm, word

    def _is_forbidden(self, ids, index):
        """Marks padding, the start and, before `min_length`, the end."""
        forbidden = ops.logical_or(ids == 0, ids == self.start)
        early = ops.logical_and(ids == self.end, index < self.min_length)
        return ops.logical_or(forbidden, early)

    def _forbid(self, logits, index, tokens):
        ids = ops.arange(logits.shape[-1], dtype="int32")
        forbidden = self._is_forbidden(ids, index)
        if self.no_repeat_ngram_size:
            repeats = self._repeats(index, tokens, ids)
            forbidden = ops.logical_or(forbidden, repeats)
            # The end is permitted if no other token is.
            is_stuck = ops.all(forbidden, axis=-1, keepdims=True)
            is_open = ops.logical_or(ops.logical_not(is_stuck), ids != self.end)
            forbidden = ops.logical_and(forbidden, is_open)
        return ops.where(forbidden, NEG_INF, logits)

    def _repeats(self, index, tokens, ids):
        """Marks words that would close an n-gram for the second time."""
        size = self.no_repeat_ngram_size
        tokens = ops.reshape(tokens, (-1, self.length))
        positions = ops.arange(self.length, dtype="int32")
        matches = positions + size - 1 < index  # Complete n-grams.
        for i in range(size - 1):
            early = ops.roll(tokens, -i, axis=1)
            position = ops.maximum(index - size + 1 + i, 0)
            recent = ops.take(tokens, position, axis=1)[:, None]
            matches = ops.logical_and(matches, early == recent)
        closing = ops.roll(tokens, -(size - 1), axis=1)
        closing = ops.where(matches, closing, 0)  # Id 0 is always forbidden.
        marks = [closing[:, i, None] == ids for i in range(self.length)]
        repeats = marks[0]
        for mark in marks[1:]:
            repeats = ops.logical_or(repeats, mark)
        return repeats

    def _norm(self, tokens):
        """Normalizer of the score after this step, by length."""
        words = ops.logical_and(tokens != 0, tokens != self.end)
        count = 1 + ops.sum(ops.cast(words, "float32"), axis=-1, keepdims=True)
        return ops.power(count, self.length_penalty)

    def _best(self, tokens, score):
        """Selects the best of a beam, by score or by agreement."""
        tokens, score = self._finished(tokens, score)
        merit = score
        if self.consensus:
            weights = ops.softmax(self.consensus * score, axis=-1)
            merit = mbr_scores(tokens, weights)
        return select_best(tokens, score, merit)

    def _expected(self, beam, score, samples, sample_score):
        """Selects from a beam and samples by expected matches with samples."""
        tokens = ops.concatenate([beam, samples], axis=1)
        words = ops.sum(ops.cast(tokens != 0, "float32"), axis=-1)
        score = ops.concatenate([score, sample_score], axis=1)
        merit = (
            expected_ngram_matches(tokens, samples) - self.word_penalty * words
        )
        return select_best(tokens, score, merit + 1e-3 * score)  # For ties.

    def _finished(self, tokens, score):
        """Pads after the end; normalizes the score by length."""
        mask = mask_after_end(tokens, self.end)
        count = ops.sum(ops.cast(mask, "float32"), axis=-1)
        score = score / ops.power(ops.maximum(count, 1.0), self.length_penalty)
        return ops.where(mask, tokens, 0), score
