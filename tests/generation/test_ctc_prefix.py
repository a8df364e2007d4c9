"""CTC in the beam search: prefix probabilities are sums over all paths."""

import itertools

import decoding
import numpy as np
import pytest
from checks import fast
from checks import numpy
from decoding import END
from decoding import START
from keras import ops

from mmkeras import generation
from mmkeras.generation.ctc_prefix import JointDecoder

VOCABULARY, STEPS = 5, 4
WORDS = (3, 4)
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 2, (2, STEPS, VOCABULARY)).astype("float32")


class Uniform:
    """A decoder to which all tokens are equally likely."""

    def start(self, context, length=None):
        return {"static": (), "cache": ops.zeros_like(context[:, 0])}

    def step(self, token, state, index):
        return ops.zeros((ops.shape(token)[0], VOCABULARY)), state


def texts(logits):
    """Log-probabilities of all texts of the logits `(steps, vocabulary)`."""
    p = decoding.softmax(logits)
    total = {}
    for path in itertools.product(range(VOCABULARY), repeat=len(p)):
        text = tuple(x for x, _ in itertools.groupby(path) if x)
        share = np.prod(p[np.arange(len(p)), path])
        total[text] = total.get(text, 0.0) + share
    return total


def log_psi(total, prefix):
    """Logarithm of the probability of all texts that begin with a prefix."""
    shares = [p for text, p in total.items() if text[: len(prefix)] == prefix]
    return np.log(sum(shares)) if shares else -np.inf


@pytest.mark.parametrize("padding", [0, 3])
def test_prefix_probabilities_are_sums_over_all_paths(padding):
    blank = np.where(np.arange(VOCABULARY) == 0, 0.0, -1e9)
    logits = np.pad(LOGITS, [(0, 0), (0, padding), (0, 0)])
    logits[:, STEPS:] = blank
    joint = JointDecoder(Uniform(), 1.0, START, END)
    totals = [texts(x) for x in LOGITS]
    for prefix in [(), (3,), (4, 3), (3, 3), (3, 4, 3), (3, 4, 4)]:
        state = fast(joint.start)([ops.zeros((2, 1)), logits])
        for index, token in enumerate((START, *prefix)):
            token = ops.convert_to_tensor(np.full(2, token, "int32"))
            scores, state = fast(joint.step)(token, state, index)
        assert (numpy(scores)[:, [0, START]] < -1e8).all()
        for total, row in zip(totals, numpy(scores)):
            before = log_psi(total, prefix)
            for word in WORDS:
                expected = log_psi(total, (*prefix, word)) - before
                if np.isinf(expected):  # Longer than the steps allow.
                    assert row[word] < -60
                else:
                    np.testing.assert_allclose(row[word], expected, rtol=1e-4)
            expected = np.log(total.get(prefix, 0) + 1e-300) - before
            assert row[END] == pytest.approx(expected, abs=1e-3) or (
                prefix not in total and row[END] < -60
            )


def hypotheses(length):
    """All sequences of words: with their end, or of the full length."""
    for size in range(length + 1):
        for words in itertools.product(WORDS, repeat=size):
            yield words if size == length else (*words, END)


@pytest.mark.parametrize(
    "kind", ["recurrent", pytest.param("transformer", marks=pytest.mark.slow)]
)
def test_an_exhaustive_beam_finds_the_best_joint_score(kind):
    decoder = decoding.decoder(kind, vocabulary=VOCABULARY)
    context = decoding.context(2, scale=2)
    length, weight = 3, 0.6
    generate = generation.SequenceGenerator(
        *(decoder, length, 16, 0.0), ctc_weight=weight
    )
    outputs = fast(lambda x, y: generate(x, ctc=y))(context, LOGITS)
    every = np.array(
        [x + (0,) * (length - len(x)) for x in hypotheses(length)], "int32"
    )
    for i, logits in enumerate(LOGITS):
        total = texts(logits)
        contexts = np.repeat(context[i : i + 1], len(every), axis=0)
        attention = decoding.log_probabilities(decoder, every, contexts)
        ctc = [
            np.log(total.get(tuple(x[x > END]), 1e-300))
            if END in x
            else log_psi(total, tuple(x))
            for x in every
        ]
        joint = (1 - weight) * attention.sum(axis=1) + weight * np.array(ctc)
        best = joint.argmax()
        assert numpy(outputs["tokens"])[i].tolist() == every[best].tolist()
        assert numpy(outputs["score"])[i] == pytest.approx(joint[best], 1e-4)
        assert best != attention.sum(axis=1).argmax() or i


def test_a_weight_needs_logits_of_ctc():
    decoder = decoding.decoder("recurrent", vocabulary=VOCABULARY)
    generate = generation.SequenceGenerator(decoder, ctc_weight=0.3)
    with pytest.raises(ValueError, match="`ctc`.*Received: ctc_weight=0.3"):
        generate(decoding.context())
    with pytest.raises(ValueError, match=r"in \[0, 1\].*ctc_weight=1.5"):
        generation.SequenceGenerator(decoder, ctc_weight=1.5)
