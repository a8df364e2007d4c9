"""A world of feelings: words, a face and a voice, each a vote on the answer.

Somebody feels negative or positive, each as often. What they say, how they
look and how their voice moves are three votes, each right with a probability
of its own whatever the others are. So it is known what the best judge of any
of them can score (`accuracy`), and what a model that scores less has missed.

>>> best = feelings.accuracy({"text": 0.9, "image": 0.8, "audio": 0.7})
>>> round(best["image", "audio"], 3), round(best["text", "image", "audio"], 3)
(0.8, 0.902)
"""

import dataclasses
import itertools
import math

import numpy as np

from mmkeras.data.synthetic import checks
from mmkeras.data.synthetic.feelings_faces import draw
from mmkeras.data.synthetic.feelings_sentences import say
from mmkeras.data.synthetic.feelings_voices import utter

FIELDS = ("text", "image", "audio")
LABELS = ("negative", "positive")
SPLITS = ("train", "val", "test")
VOTES = {"text": 0.9, "image": 0.8, "audio": 0.7}
_RENDER = {"text": say, "image": draw, "audio": utter}


@dataclasses.dataclass(frozen=True)
class Moment:
    """How somebody feels, and how it seems.

    Attributes:
        label: One of `LABELS`.
        votes: Tuple of the label that each of `FIELDS` speaks for; None where
            it is absent.
        seed: int. Draws how the votes are rendered.
    """

    label: str
    votes: tuple
    seed: int = 0

    def render(self):
        """Renders what is there; the same moment gives the same bytes.

        Returns:
            Dict of `"text"`, a sentence; `"image"`, the bytes of a PNG file
            of 32 by 32 pixels; `"audio"`, those of a WAV file of 0.25 s at
            8 kHz; None where absent.
        """
        return {
            field: None
            if vote is None
            else _RENDER[field](
                vote == LABELS[1], np.random.default_rng([self.seed, i])
            )
            for i, (field, vote) in enumerate(zip(FIELDS, self.votes))
        }


def moments(
    split, count, seed=0, text=0.9, image=0.8, audio=0.7, missing=0.0
) -> list[Moment]:
    """Draws moments; more of them begin with the same ones.

    The probabilities change nothing else: with another `missing`, what is
    still there is the same.

    Args:
        split: One of `SPLITS`; each draws others.
        count: int.
        seed: int, not negative.
        text: float in [0, 1]. How often the words are right.
        image: float in [0, 1]. How often the face is right.
        audio: float in [0, 1]. How often the voice is right.
        missing: float in [0, 1]. How often each of them is absent; one of
            them, drawn evenly, never is.

    Returns:
        List of `Moment`.

    Raises:
        ValueError: If there is no such split, a negative number, or no such
            probability.
    """
    votes = {"text": text, "image": image, "audio": audio}
    checks.check(split, SPLITS, count, seed)
    _check({**votes, "missing": missing})
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    right = np.array(list(votes.values()))
    return [_moment(rng, right, missing) for _ in range(count)]


def rows(split, count, seed=0, **options) -> list[dict]:
    """Renders moments as the rows of a data set.

    Args:
        split: One of `SPLITS`.
        count: int.
        seed: int, not negative.
        **options: Probabilities; see `moments`.

    Returns:
        List of dicts: `"id"`, `"split"`, `"text"`, `"image"`, `"audio"` and
        `"label"`; see `mmkeras.data.datasets`.
    """
    found = moments(split, count, seed, **options)
    return [
        {
            "id": f"{split}-{i}",
            "split": split,
            **moment.render(),
            "label": moment.label,
        }
        for i, moment in enumerate(found)
    ]


def accuracy(votes=None) -> dict:
    """Gives the accuracy of the best judge of every subset of votes.

        accuracy(S) = sum over v in {0, 1}^S of
                      1/2 max over y of prod over i in S of P(v_i | y)

    with P(v_i | y) = p_i where the vote is y and 1 - p_i where it is not. Of
    `mmkeras.evaluation.subsets.shapley` they are the scores.

    Args:
        votes: Dict from a name to how often it is right, in [0, 1]; `VOTES`
            by default.

    Returns:
        Dict from every subset, a tuple of names in the order of `votes`, to
        the accuracy in [0.5, 1]; the empty one's is 0.5.

    Raises:
        ValueError: If one is no probability.
    """
    votes = dict(VOTES if votes is None else votes)
    _check(votes)
    return {
        names: _best([votes[name] for name in names])
        for size in range(len(votes) + 1)
        for names in itertools.combinations(votes, size)
    }


def _best(right):
    """Sums over all patterns of votes what the likelier label makes right."""
    total = 0.0
    for pattern in itertools.product((False, True), repeat=len(right)):
        yes = math.prod(p if v else 1 - p for p, v in zip(right, pattern))
        no = math.prod(1 - p if v else p for p, v in zip(right, pattern))
        total += max(yes, no) / 2
    return total


def _moment(rng, right, missing):
    """Draws one; the random numbers are the same whatever is likely."""
    label = int(rng.integers(2))
    chance, away = rng.random((2, len(FIELDS)))
    seed = int(rng.integers(2**31))
    said = np.where(chance < right, label, 1 - label)
    there = (away >= missing) | (away == away.max())
    votes = tuple(LABELS[v] if t else None for v, t in zip(said, there))
    return Moment(LABELS[label], votes, seed)


def _check(chances):
    for name, chance in chances.items():
        if not 0 <= chance <= 1:
            raise ValueError(
                f"`{name}` must be a probability, in [0, 1]. Received: "
                f"{name}={chance}"
            )
