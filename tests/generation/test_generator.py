import functools
import itertools

import decoding
import keras
import numpy as np
import pytest
from checks import BACKEND
from checks import POLICIES
from checks import fast
from checks import numpy
from checks import only_tensorflow
from checks import randomize
from decoding import END
from decoding import KINDS
from decoding import START

from mmkeras import generation


def kinds(*quick):
    """All kinds of decoders, those that are not quick for the slow tests."""
    return [
        kind if kind in quick else pytest.param(kind, marks=pytest.mark.slow)
        for kind in KINDS
    ]


def make(kind, **options):
    """A decoder; of a Transformer, one block does here."""
    if kind != "transformer":
        return decoding.decoder(kind, **options)
    decoder = decoding.decoder(kind, depth=1, **options)
    return randomize(decoder, scale=0.8, seed=18)


@pytest.fixture(scope="module", params=kinds("recurrent", "transformer"))
def decoder(request):
    return make(request.param)


@pytest.fixture(scope="module", params=kinds("recurrent"))
def speaker(request):
    """A decoder, for what depends little on its kind."""
    return make(request.param)


@pytest.fixture(scope="module")
def recurrent():
    return decoding.decoder("recurrent")


CONTEXT = decoding.context(size=40, scale=4)
GREEDY = pytest.param(1, marks=pytest.mark.slow)
PENALTIES = [0.0, pytest.param(0.7, marks=pytest.mark.slow), 1.0]


def captioner(decoder, **options):
    """A generator in a functional model, as tasks use it."""
    context = keras.Input((None, decoding.DIM), name="context")
    generate = generation.SequenceGenerator(decoder, name="writer", **options)
    return keras.Model(context, generate(context), name="captioner")


def write(decoder, context, **options):
    """Generated tokens and their scores, as arrays."""
    if BACKEND == "jax":  # Compiled: single operations are slow.
        outputs = captioner(decoder, **options).predict_on_batch(context)
    else:
        outputs = generation.SequenceGenerator(decoder, **options)(context)
    outputs = numpy(outputs)
    assert set(outputs) == {"tokens", "score"}
    assert outputs["tokens"].dtype == "int32"
    assert outputs["score"].dtype == "float32"
    return outputs["tokens"], outputs["score"]


@pytest.fixture(scope="module")
def search(decoder):
    """Searches with a beam at a length penalty, each of them once."""

    @functools.cache
    def search(beam, length_penalty=1.0):
        options = {"beam": beam, "length_penalty": length_penalty}
        return write(decoder, CONTEXT, length=9, **options)

    return search


@pytest.fixture(scope="module")
def greedy(search):
    """What greedy search says, and its log-probability."""
    return search(1, 0.0)


def is_well_formed(tokens):
    """Whether there is nothing but padding after the end, and none before."""
    ended = np.cumsum(tokens == END, axis=1) - (tokens == END) > 0
    return ((tokens == 0) == ended).all() and (tokens != START).all()


def count(tokens):
    return (tokens != 0).sum(axis=1)


def recomputed(decoder, tokens, context, length_penalty):
    logp = decoding.log_probabilities(decoder, tokens, context).sum(axis=1)
    return logp / count(tokens) ** length_penalty


def repeats(tokens, size):
    """How many n-grams of a sentence occur again."""
    words = [int(token) for token in tokens if token not in (0, END)]
    grams = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
    return len(grams) - len(set(grams))


# Greedy search.


def test_beam_1_equals_a_plain_greedy_loop(decoder, greedy):
    expected = decoding.greedy(decoder, CONTEXT, length=9)
    tokens, _ = greedy
    np.testing.assert_array_equal(tokens, expected)
    assert len({row.tobytes() for row in tokens}) > 10  # They differ.
    lengths = count(tokens)
    assert min(lengths) <= 4 and max(lengths) == 9  # Some end early.


def test_length_1_and_batch_1(decoder):
    tokens, score = write(decoder, CONTEXT[:1], length=1, beam=3)
    assert tokens.shape == (1, 1)
    assert score.shape == (1,)
    assert tokens[0, 0] == decoding.greedy(decoder, CONTEXT[:1], 1)[0, 0]


@pytest.mark.parametrize("beam", [GREEDY, 5])
def test_a_sentence_depends_only_on_its_own_context(decoder, search, beam):
    batch, _ = search(beam)
    single, _ = write(
        decoder, CONTEXT[2:3], length=9, beam=beam, length_penalty=1.0
    )
    np.testing.assert_array_equal(batch[2:3], single)


# Beam search.


@pytest.mark.parametrize("length_penalty", PENALTIES)
@pytest.mark.parametrize("beam", [2, 5])
def test_a_beam_never_scores_below_greedy(search, greedy, beam, length_penalty):
    tokens, minimum = greedy
    minimum = minimum / count(tokens) ** length_penalty
    tokens, score = search(beam, length_penalty)
    assert (score >= minimum - 1e-4 * np.abs(minimum)).all()
    assert (score > minimum + 1e-3).any()  # It finds better ones, too.
    assert is_well_formed(tokens)


def test_a_beam_never_scores_below_greedy_under_constraints(recurrent):
    options = {"length": 9, "no_repeat_ngram_size": 2, "min_length": 3}
    _, greedy = write(recurrent, CONTEXT, **options)
    _, score = write(recurrent, CONTEXT, beam=4, **options)
    assert (score >= greedy - 1e-4 * np.abs(greedy)).all()


@pytest.mark.parametrize("beam", [1, 5])
def test_finished_stays_finished(search, beam):
    tokens, _ = search(beam)
    assert is_well_formed(tokens)
    assert (tokens == END).any()


@pytest.mark.parametrize("length_penalty", PENALTIES)
@pytest.mark.parametrize("beam", [1, 5])
def test_score_is_the_log_probability_by_length(
    decoder, search, beam, length_penalty
):
    tokens, score = search(beam, length_penalty)
    np.testing.assert_allclose(
        score,
        recomputed(decoder, tokens, CONTEXT, length_penalty),
        rtol=1e-3,
        atol=1e-4,
    )


def every_sentence(vocabulary, length):
    """Yields all sentences, ended or cut at the length."""
    words = range(END + 1, vocabulary)
    for size in range(length + 1):
        for sentence in itertools.product(words, repeat=size):
            if size < length:
                sentence = (*sentence, END)
            yield [*sentence, *[0] * (length - len(sentence))]


@pytest.mark.parametrize(
    "options",
    [
        {"length_penalty": 0.0},
        {"length_penalty": 1.0},
        {"length_penalty": 0.7, "no_repeat_ngram_size": 2, "min_length": 2},
    ],
    ids=lambda options: ",".join(map(str, options.values())),
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wide_beam_finds_the_best_of_all_sentences(kind, options):
    decoder = make(kind, vocabulary=6)
    context = decoding.context(size=4, scale=4)
    length = 4
    sentences = [
        s
        for s in every_sentence(6, length)
        if not (options.get("no_repeat_ngram_size") and repeats(s, 2))
        and sum(t > END for t in s) >= options.get("min_length", 0)
    ]
    sentences = np.array(sentences, "int32")
    rows = np.repeat(context, len(sentences), axis=0)
    score = recomputed(
        decoder, np.tile(sentences, (4, 1)), rows, options["length_penalty"]
    ).reshape(4, -1)
    tokens, best = write(decoder, context, length=length, beam=128, **options)
    np.testing.assert_allclose(best, score.max(axis=1), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(tokens, sentences[score.argmax(axis=1)])


# Consensus.


def test_consensus_selects_by_agreement_of_the_beam(speaker):
    options = {"length": 9, "beam": 6, "length_penalty": 0.5}
    tokens, score = write(speaker, CONTEXT, consensus=2.0, **options)
    assert is_well_formed(tokens)
    sentences, scores = every_beam(speaker, **options)
    weights = decoding.softmax(2.0 * scores)
    merit = numpy(generation.mbr_scores(sentences, weights.astype("float32")))
    best = merit.argmax(axis=1)
    rows = np.arange(len(best))
    np.testing.assert_array_equal(tokens, sentences[rows, best])
    np.testing.assert_allclose(score, scores[rows, best], rtol=1e-4, atol=1e-5)
    assert (best != scores.argmax(axis=1)).any()  # Not the likeliest always.


def test_a_consensus_of_the_certain_is_the_best_of_the_beam(speaker):
    options = {"length": 9, "beam": 4}
    best, score = write(speaker, CONTEXT, **options)
    tokens, actual = write(speaker, CONTEXT, consensus=1e6, **options)
    np.testing.assert_array_equal(tokens, best)
    np.testing.assert_allclose(actual, score, rtol=1e-5, atol=1e-5)


SAMPLED = {"beam": 3, "samples": 12, "temperature": 1.0}


def test_samples_select_by_expected_matches(speaker):
    options = {"length": 9, "length_penalty": 0.5, "word_penalty": 0.4}
    tokens, score = write(speaker, CONTEXT, **SAMPLED, **options)
    assert is_well_formed(tokens)
    sentences, samples, scores = every_sample(speaker, **SAMPLED, **options)
    assert sentences.shape[1] == 15 and samples.shape[1] == 12
    merit = numpy(
        generation.expected_ngram_matches(
            keras.ops.convert_to_tensor(sentences),
            keras.ops.convert_to_tensor(samples),
        )
    )
    merit += 1e-3 * scores - 0.4 * (sentences != 0).sum(-1)
    best = merit.argmax(axis=1)
    rows = np.arange(len(best))
    np.testing.assert_array_equal(tokens, sentences[rows, best])
    np.testing.assert_allclose(score, scores[rows, best], rtol=1e-4, atol=1e-5)
    assert (best >= 3).any()  # Not of the beam always.
    np.testing.assert_allclose(
        score, recomputed(speaker, tokens, CONTEXT, 0.5), rtol=1e-3, atol=1e-4
    )


def test_a_costly_word_makes_sentences_shorter(recurrent):
    lengths = [
        count(
            write(recurrent, CONTEXT, length=9, word_penalty=cost, **SAMPLED)[0]
        ).mean()
        for cost in (0.0, 1.0, 9.0)
    ]
    assert lengths[0] > lengths[1] > lengths[2]


def test_samples_of_an_image_do_not_depend_on_others(speaker):
    tokens, _ = write(speaker, CONTEXT, length=9, **SAMPLED)
    part, _ = write(speaker, CONTEXT[5:8], length=9, **SAMPLED)
    np.testing.assert_array_equal(part, tokens[5:8])
    other, _ = write(speaker, CONTEXT, length=9, seed=1, **SAMPLED)
    assert (other != tokens).any()


def test_uniforms_decide_what_is_sampled(speaker):
    writer = generation.SequenceGenerator(speaker, length=9, temperature=1.0)
    uniforms = np.random.default_rng(0).random((len(CONTEXT), 9, 4), "float32")
    outputs = writer(CONTEXT, uniforms=uniforms)
    tokens, score = numpy(outputs["tokens"]), numpy(outputs["score"])
    assert tokens.shape == (len(CONTEXT), 4, 9)
    assert is_well_formed(tokens.reshape(-1, 9))
    single = numpy(
        writer(CONTEXT[2:4], uniforms=uniforms[2:4, :, 1:2])["tokens"]
    )
    np.testing.assert_array_equal(single[:, 0], tokens[2:4, 1])
    assert (tokens[:, 0] != tokens[:, 1]).any()
    np.testing.assert_allclose(
        score[:, 3],
        recomputed(speaker, tokens[:, 3], CONTEXT, 0.7),
        rtol=1e-3,
        atol=1e-4,
    )
    x = keras.Input(CONTEXT.shape[1:])
    thrown = keras.Input(uniforms.shape[1:])
    model = keras.Model([x, thrown], writer(x, uniforms=thrown))
    assert model.output["tokens"].shape == (None, 4, 9)
    actual = model.predict_on_batch([CONTEXT, uniforms])["tokens"]
    np.testing.assert_array_equal(numpy(actual), tokens)
    expected = "`uniforms` requires a `temperature`"
    with pytest.raises(ValueError, match=expected):
        generation.SequenceGenerator(speaker, length=9)(
            CONTEXT, uniforms=uniforms
        )


def test_uniforms_keep_their_digits_in_mixed_precision(recurrent):
    uniforms = np.random.default_rng(0).random((len(CONTEXT), 9, 4), "float32")
    options = {"length": 9, "temperature": 1.0}
    plain, mixed = (
        generation.SequenceGenerator(recurrent, dtype=policy, **options)
        for policy in ("float32", "mixed_bfloat16")
    )
    np.testing.assert_array_equal(
        *(
            numpy(fast(w)(CONTEXT, uniforms=uniforms)["tokens"])
            for w in (plain, mixed)
        )
    )


def every_sample(decoder, **options):
    """All sentences, the samples among them, and all scores."""

    class Recorder(generation.SequenceGenerator):
        def _finished(self, tokens, score):
            finished = super()._finished(tokens, score)
            results.append([numpy(x) for x in finished])
            return finished

    results = []
    Recorder(decoder, **options)(keras.ops.convert_to_tensor(CONTEXT))
    (tokens, score), (samples, sample_score) = results
    sentences = np.concatenate([tokens, samples], 1)
    return sentences, samples, np.concatenate([score, sample_score], 1)


def every_beam(decoder, **options):
    """The sentences of a beam and their scores, from the loop itself."""

    class Recorder(generation.SequenceGenerator):
        def _best(self, tokens, score):
            results.append((numpy(tokens), numpy(score)))
            return super()._best(tokens, score)

    results = []
    Recorder(decoder, **options)(keras.ops.convert_to_tensor(CONTEXT))
    [(tokens, score)] = results
    ended = np.cumsum(tokens == END, axis=-1) - (tokens == END) > 0
    tokens = np.where(ended, 0, tokens)
    count = (tokens != 0).sum(axis=-1)
    return tokens, score / count ** options["length_penalty"]


# Constraints.


@pytest.fixture(scope="module", params=[{}, {"beam": 4}, {"temperature": 1.0}])
def free(request, recurrent):
    """Ways to write, and what they say as long as n-grams may repeat."""
    options = {"length": 12, "seed": 0, **request.param}
    return options, write(recurrent, CONTEXT, min_length=11, **options)[0]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_n_gram_occurs_twice(recurrent, free, size):
    options, tokens = free
    assert sum(repeats(row, size) for row in tokens)
    options = {"min_length": 8, **options}
    if size == 1:  # There are but four words.
        options["min_length"] = 2
    tokens, _ = write(recurrent, CONTEXT, no_repeat_ngram_size=size, **options)
    assert not sum(repeats(row, size) for row in tokens)
    assert is_well_formed(tokens)


@pytest.mark.parametrize("options", [{}, {"beam": 3}, {"temperature": 1.0}])
def test_ends_if_no_other_token_is_permitted(recurrent, options):
    tokens, score = write(
        recurrent,
        CONTEXT,
        length=8,
        no_repeat_ngram_size=1,
        min_length=7,
        seed=0,
        **options,
    )
    assert is_well_formed(tokens)
    np.testing.assert_array_equal(count(tokens), 5)  # Four words, an end.
    assert score.min() > -100


@pytest.mark.parametrize("options", [{}, {"beam": 3}, {"temperature": 1.0}])
def test_minimum_length(speaker, options):
    options = {"length": 8, "seed": 0, **options}
    free, _ = write(speaker, CONTEXT, **options)
    assert ((free > END).sum(axis=1) < 5).any()
    tokens, _ = write(speaker, CONTEXT, min_length=5, **options)
    assert ((tokens > END).sum(axis=1) >= 5).all()
    assert is_well_formed(tokens)
    assert (count(tokens) == 6).any()  # Five words and an end.


# Sampling.


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 1e-4},
        {"temperature": 1.0, "top_k": 1},
        {"temperature": 1.0, "top_p": 1e-6},
    ],
    ids=["cold", "top_k", "top_p"],
)
def test_the_narrowest_sampling_is_greedy(decoder, greedy, options):
    options = {"length": 9, "length_penalty": 0.0, "seed": 1, **options}
    sample, score = write(decoder, CONTEXT, **options)
    np.testing.assert_array_equal(sample, greedy[0])
    np.testing.assert_allclose(score, greedy[1], rtol=1e-3, atol=1e-4)


def test_sampled_sentences_are_well_formed_and_scored(speaker):
    tokens, score = write(
        speaker, CONTEXT, length=9, temperature=1.3, top_p=0.9, seed=1
    )
    assert is_well_formed(tokens)
    np.testing.assert_allclose(
        score, recomputed(speaker, tokens, CONTEXT, 0.7), rtol=1e-3, atol=1e-4
    )


def probabilities(logits, temperature=1.0, top_k=0, top_p=1.0):
    """The expected frequency of each word among the samples."""
    logits = logits.astype("float64") / temperature
    logits[..., [0, START]] = -np.inf
    if top_k:
        threshold = np.sort(logits, axis=-1)[..., -top_k, None]
        logits = np.where(logits < threshold, -np.inf, logits)
    probability = decoding.softmax(logits)
    order = np.argsort(-probability, axis=-1)
    ordered = np.take_along_axis(probability, order, axis=-1)
    inside = np.cumsum(ordered, axis=-1) - ordered < top_p
    keep = np.zeros_like(inside)
    np.put_along_axis(keep, order, inside, axis=-1)
    probability = np.where(keep, probability, 0)
    return probability / probability.sum(axis=-1, keepdims=True)


def check_frequencies(counts, probability):
    """Checks counts against probabilities, by 4.5 standard deviations."""
    total = counts.sum()
    deviation = np.sqrt(probability * (1 - probability) / total)
    assert (np.abs(counts / total - probability) <= 4.5 * deviation).all()


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 1.0},
        {"temperature": 0.5},
        {"temperature": 2.0, "top_k": 3},
        {"temperature": 1.0, "top_p": 0.6},
        {"temperature": 1.5, "top_k": 4, "top_p": 0.8},
    ],
    ids=lambda options: ",".join(f"{k}={v}" for k, v in options.items()),
)
def test_words_are_sampled_by_their_probabilities(recurrent, options):
    rows = np.repeat(CONTEXT[:1], 5000, axis=0)
    tokens, _ = write(recurrent, rows, length=1, seed=0, **options)
    first = np.array([[START]], "int32")
    logits = decoding.call(recurrent, first, CONTEXT[:1])[0, 0]
    probability = probabilities(logits, **options)
    assert (probability > 0.01).sum() >= 2
    check_frequencies(np.bincount(tokens[:, 0], minlength=7), probability)


def test_sampling_is_conditional_on_the_previous_word(recurrent):
    rows = np.repeat(CONTEXT[:1], 5000, axis=0)
    tokens, _ = write(recurrent, rows, length=2, temperature=1.0, seed=0)
    counts = np.zeros((7, 7))
    np.add.at(counts, (tokens[:, 0], tokens[:, 1]), 1)
    pairs = np.array([[START, word] for word in range(7)], "int32")
    context = np.repeat(CONTEXT[:1], 7, axis=0)
    probability = probabilities(decoding.call(recurrent, pairs, context))
    joint = probability[0, 0][:, None] * probability[:, 1]
    joint[END] = 0
    joint[END, 0] = probability[0, 0, END]
    check_frequencies(counts, joint)


def test_a_seed_makes_sampling_reproducible(speaker):
    options = {"length": 8, "temperature": 1.0}
    first, _ = write(speaker, CONTEXT, seed=3, **options)
    same, _ = write(speaker, CONTEXT, seed=3, **options)
    other, _ = write(speaker, CONTEXT, seed=4, **options)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_each_call_samples_anew(recurrent):
    model = captioner(recurrent, length=8, temperature=1.0, seed=3)
    first = model.predict_on_batch(CONTEXT)["tokens"]
    second = model.predict_on_batch(CONTEXT)["tokens"]
    assert (numpy(first) != numpy(second)).any()


# A layer among layers.


@pytest.mark.parametrize("beam", [GREEDY, 5])
def test_compiled_in_a_model_it_writes_the_same(decoder, search, beam):
    model = captioner(decoder, length=9, beam=beam, length_penalty=1.0)
    assert model.output["tokens"].shape == (None, 9)
    assert model.output["score"].shape == (None,)
    outputs = model.predict(CONTEXT, batch_size=16, verbose=0)  # 16, 16, 8.
    tokens, score = search(beam)
    np.testing.assert_array_equal(outputs["tokens"], tokens)
    np.testing.assert_allclose(outputs["score"], score, rtol=1e-4, atol=1e-5)


def test_config_and_file(decoder, tmp_path):
    options = {"length": 4, "beam": 2, "no_repeat_ngram_size": 2, "end": 3}
    writer = generation.SequenceGenerator(decoder, **options)
    restored = generation.SequenceGenerator.from_config(writer.get_config())
    assert restored.options == writer.options
    assert restored.options == {**restored.options, **options}
    model = captioner(decoder, **options)
    model.save(tmp_path / "captioner.keras")
    loaded = keras.saving.load_model(tmp_path / "captioner.keras")
    np.testing.assert_array_equal(
        numpy(loaded(CONTEXT[:8])["tokens"]),
        numpy(model(CONTEXT[:8])["tokens"]),
    )


def test_end_and_start_can_be_other_ids(recurrent):
    tokens, _ = write(recurrent, CONTEXT, length=9, start=4, end=5)
    assert (tokens != 4).all()
    assert (tokens == 2).any()
    is_after = np.cumsum(tokens == 5, axis=1) - (tokens == 5) > 0
    np.testing.assert_array_equal(tokens == 0, is_after)


@only_tensorflow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"beam": 3, "no_repeat_ngram_size": 2},
        {"beam": 4, "consensus": 1.0},
        {"beam": 2, "samples": 6, "temperature": 1.0},
    ],
    ids=["greedy", "beam", "consensus", "samples"],
)
@pytest.mark.slow
def test_xla_writes_the_same(decoder, options):
    import tensorflow as tf

    writer = generation.SequenceGenerator(decoder, length=7, **options)
    compiled = tf.function(writer, jit_compile=True)
    context = tf.constant(CONTEXT)
    actual, expected = numpy(compiled(context)), numpy(writer(context))
    np.testing.assert_array_equal(actual["tokens"], expected["tokens"])
    np.testing.assert_allclose(
        actual["score"], expected["score"], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_mixed_precision_scores_in_float32(decoder, policy):
    half = make(decoder.name, dtype=policy)
    tokens, score = write(half, CONTEXT, length=7, beam=2)
    assert is_well_formed(tokens)
    exact = recomputed(decoder, tokens, CONTEXT, 0.7)
    assert np.abs(score - exact).max() < 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": 0},
        {"beam": 0},
        {"consensus": -1.0},
        {"samples": -1},
        {"word_penalty": -1.0},
        {"temperature": -1.0},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"no_repeat_ngram_size": -1},
        {"min_length": -1},
        {"min_length": 5, "length": 5},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(recurrent, wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"`{name}`.*{name}={value}"):
        generation.SequenceGenerator(recurrent, **wrong)


def test_options_that_contradict_are_refused(recurrent):
    with pytest.raises(ValueError, match="beam=2, temperature=0.5"):
        generation.SequenceGenerator(recurrent, beam=2, temperature=0.5)
    with pytest.raises(ValueError, match="consensus=1.0, beam=1"):
        generation.SequenceGenerator(recurrent, consensus=1.0)
    with pytest.raises(ValueError, match="samples=4, consensus=1.0"):
        generation.SequenceGenerator(
            recurrent, consensus=1.0, **{**SAMPLED, "samples": 4}
        )
    for wrong in ({"top_k": 5}, {"top_p": 0.9}, {"samples": 4}):
        with pytest.raises(ValueError, match="`temperature`"):
            generation.SequenceGenerator(recurrent, **wrong)


def test_unknown_options_are_refused(recurrent):
    with pytest.raises(ValueError, match="beams"):
        generation.SequenceGenerator(recurrent, beams=3)


def test_more_words_than_the_decoder_reads_are_refused():
    decoder = decoding.decoder("transformer", length=4)
    with pytest.raises(ValueError, match="length=4.*length=5"):
        generation.SequenceGenerator(decoder, length=5)
    tokens, _ = write(decoder, CONTEXT, length=4, min_length=3)
    assert is_well_formed(tokens)
