import pytest
from corpora import captions
from corpora import relaxed
from corpora import tokens
from hypothesis import given
from hypothesis import strategies as st

from mmkeras.metrics.meteor import _stem
from mmkeras.metrics.meteor import align
from mmkeras.metrics.meteor import meteor

FORMS = ("a", "dog", "run", "runs", "running")


def score(candidate, *references, **options):
    references = [[reference.split() for reference in references]]
    return meteor([candidate.split()], references, **options)


def merit(pairs, candidate, reference):
    """Returns the key by which alignments are chosen: greater is better."""
    exact = sum(candidate[i] == reference[j] for i, j in pairs)
    chunks = sum((i - 1, j - 1) not in pairs for i, j in pairs)
    distance = sum(abs(i - j) for i, j in pairs)
    return len(pairs), exact, -chunks, -distance


def every_alignment(candidate, reference, place=0, used=()):
    if place == len(candidate):
        yield []
        return
    yield from every_alignment(candidate, reference, place + 1, used)
    for other, word in enumerate(reference):
        if other not in used and _stem(word) == _stem(candidate[place]):
            for rest in every_alignment(
                candidate, reference, place + 1, (*used, other)
            ):
                yield [(place, other), *rest]


@relaxed
@given(tokens(FORMS, longest=5), tokens(FORMS, longest=5))
def test_alignment_is_the_best_of_all(candidate, reference):
    pairs = align(candidate, reference, _stem)
    best = max(
        merit(other, candidate, reference)
        for other in every_alignment(candidate, reference)
    )
    assert merit(pairs, candidate, reference) == best


def test_alignment_avoids_chunks():
    # The first "the" must wait for the "the" before "dog".
    assert align("the dog".split(), "the cat the dog".split()) == [
        (0, 2),
        (1, 3),
    ]


def test_alignment_prefers_exact_words():
    assert align(["runs"], ["run", "runs"], _stem) == [(0, 1)]


def test_alignment_of_repetition_ends():
    pairs = align(["a"] * 40, ["a"] * 30)
    assert len(pairs) == 30
    assert len({j for _, j in pairs}) == 30


def test_identical_sentences_score_one():
    assert score("the dogs run", "the dogs run") == pytest.approx(1)


def test_one_content_word_by_hand():
    # Matched weight .75, of 1.75 and 2.5; one chunk of one match.
    precision, recall = 0.75 / 1.75, 0.75 / 2.5
    mean = precision * recall / (0.85 * precision + 0.15 * recall)
    assert score("a dog runs", "the dog sleeps quietly") == pytest.approx(
        mean * 0.4
    )


def test_chunks_by_hand():
    # All six words match: on-the-mat, sat, the-cat; c-d-e-f, a-b.
    three = score("on the mat sat the cat", "the cat sat on the mat")
    two = score("c d e f a b", "a b c d e f")
    assert three == pytest.approx(1 - 0.6 * (3 / 6) ** 0.2)
    assert two == pytest.approx(1 - 0.6 * (2 / 6) ** 0.2)


def test_function_words_weigh_less():
    content = score("dog", "the dog")
    function = score("the", "the dog")
    assert content == pytest.approx(0.4 / (0.15 + 0.85 / 0.75))
    assert function == pytest.approx(0.4 / (0.15 + 0.85 / 0.25))


def test_stems_count_for_less_than_words():
    assert score("dogs run", "dog runs") == pytest.approx(0.6)
    assert score("dogs run", "dog runs", stem=False) == 0
    assert score("dogs run", "dogs runs") == pytest.approx(0.8)


def test_the_best_reference_counts():
    both = score("a red ball", "two cats sleep", "a red ball")
    assert both == pytest.approx(1)


def test_counts_are_summed_over_the_corpus():
    candidates = [["red", "ball"], ["blue", "car"]]
    references = [[["red", "ball"]], [["green", "tree"]]]
    # Half the weight is matched and the only chunk is a whole sentence.
    assert meteor(candidates, references) == pytest.approx(0.5)


@relaxed
@given(st.lists(tokens(), min_size=1), st.lists(tokens(), min_size=1))
def test_scores_lie_between_zero_and_one(candidates, sentences):
    value = meteor(candidates, [sentences] * len(candidates))
    assert 0 <= value <= 1 + 1e-12


def test_better_captions_score_higher():
    candidates, references = captions(200)
    copied = [sentences[0] for sentences in references]
    halves = [words[: len(words) // 2] for words in copied]
    worst, middle, best = (
        meteor(sentences, references)
        for sentences in (candidates, halves, copied)
    )
    assert worst < middle < best == pytest.approx(1)


def test_empty_sentences_score_zero():
    assert score("", "a dog") == 0
    assert score("a dog", "") == 0
    assert score("", "") == 0


def test_unicode_words_match():
    assert score("une café 犬", "une café 犬") == pytest.approx(1)
