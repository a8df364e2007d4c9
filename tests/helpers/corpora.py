"""Corpora to score: caption-like, drawn by hypothesis, and for COCO's code."""

import random

from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

# A busy machine is no failure.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SUBJECTS = "dog man woman girl boy child cat player surfer crowd".split()
VERBS = "runs sits jumps plays stands walks running sitting rides".split()
PLACES = "grass beach street water park snow field bench".split()
WORDS = "brown little two black young large red wet".split()


def sentence(random):
    """Writes one caption-like token list of 0 to 4 adjectives."""
    words = ["a", *random.sample(WORDS, random.randrange(3))]
    words += [random.choice(SUBJECTS), random.choice(VERBS)]
    if random.random() < 0.8:
        words += [random.choice(["on", "in", "near"]), "the"]
        words += random.sample(WORDS, random.randrange(2))
        words += [random.choice(PLACES)]
    if random.random() < 0.2:
        words += ["with", *sentence(random)]
    return words


def captions(items, seed=0, max_references=5):
    """Draws candidates, and 1 to `max_references` references each."""
    generator = random.Random(seed)
    candidates = [sentence(generator) for _ in range(items)]
    references = [
        [
            sentence(generator)
            for _ in range(generator.randint(1, max_references))
        ]
        for _ in range(items)
    ]
    return candidates, references


def tokens(alphabet=("a", "b", "c", "dog", "dogs", "né", "犬"), longest=9):
    """Draws a token list, often with repetitions, perhaps empty."""
    return st.lists(st.sampled_from(alphabet), max_size=longest)


@st.composite
def corpora(draw):
    """Draws candidates and their references."""
    references = draw(
        st.lists(
            st.lists(tokens(), min_size=1, max_size=3), min_size=1, max_size=5
        )
    )
    return [draw(tokens()) for _ in references], references


def to_coco(candidates, references):
    """Gives the two dicts of joined sentences that pycocoevalcap takes."""
    wanted = {
        row: [" ".join(sentence) for sentence in sentences]
        for row, sentences in enumerate(references)
    }
    said = {row: [" ".join(words)] for row, words in enumerate(candidates)}
    return wanted, said
