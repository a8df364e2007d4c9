"""Synthetic emotions: a sentence, a face and a voice, each a vote on the label.

Labels are negative or positive, with equal probability. A sentence, a face and
a voice are three votes on the label, each correct with its own probability,
independently of the others. So the best possible accuracy of a classifier of
any subset of them is known (`accuracy`).

>>> best = feelings.accuracy({"text": 0.9, "image": 0.8, "audio": 0.7})
>>> round(best["image", "audio"], 3), round(best["text", "image", "audio"], 3)
(0.8, 0.902)
"""

import dataclasses
import itertools
import math

import numpy as np

from mmkeras.data.synthetic import checks
from mmkeras.data.synthetic.feelings_faces import render_face
from mmkeras.data.synthetic.feelings_sentences import write_sentence
from mmkeras.data.synthetic.feelings_voices import render_voice

FIELDS = ("text", "image", "audio")
LABELS = ("negative", "positive")
SPLITS = ("train", "val", "test")
VOTES = {"text": 0.9, "image": 0.8, "audio": 0.7}
_RENDER = {"text": write_sentence, "image": render_face, "audio": render_voice}


@dataclasses.dataclass(frozen=True)
class Sample:
    """A label and the votes on it.

    Attributes:
        label: One of `LABELS`.
        votes: Tuple of the labels that `FIELDS` vote for; None where one is
            missing.
        seed: int. Seed of the rendering of the votes.
    """

    label: str
    votes: tuple
    seed: int = 0

    def render(self):
        """Renders the votes; the same sample gives the same bytes.

        Returns:
            Dict of `"text"`, a sentence; `"image"`, the bytes of a PNG file
            of 32 by 32 pixels; `"audio"`, those of a WAV file of 0.25 s at
            8 kHz; None where missing.
        """
        return {
            field: None
            if vote is None
            else _RENDER[field](
                vote == LABELS[1], np.random.default_rng([self.seed, i])
            )
            for i, (field, vote) in enumerate(zip(FIELDS, self.votes))
        }


def samples(
    split, count, seed=0, text=0.9, image=0.8, audio=0.7, missing=0.0
) -> list[Sample]:
    """Draws samples; a larger `count` adds samples only.

    The probabilities change nothing else: with another `missing`, the fields
    that are present in both are equal.

    Args:
        split: One of `SPLITS`; each has its own samples.
        count: int.
        seed: int, not negative.
        text: float in [0, 1]. Probability that the sentence is right.
        image: float in [0, 1]. Probability that the face is right.
        audio: float in [0, 1]. Probability that the voice is right.
        missing: float in [0, 1]. Probability that each of them is missing; one
            of them, chosen uniformly, never is.

    Returns:
        List of `Sample`.

    Raises:
        ValueError: If the split is unknown, a number is negative, or a
            probability is not in [0, 1].
    """
    votes = {"text": text, "image": image, "audio": audio}
    checks.check(split, SPLITS, count, seed)
    _check({**votes, "missing": missing})
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    right = np.array(list(votes.values()))
    return [_draw(rng, right, missing) for _ in range(count)]


def rows(split, count, seed=0, **options) -> list[dict]:
    """Renders samples as the rows of a data set.

    Args:
        split: One of `SPLITS`.
        count: int.
        seed: int, not negative.
        **options: Probabilities; see `samples`.

    Returns:
        List of dicts: `"id"`, `"split"`, `"text"`, `"image"`, `"audio"` and
        `"label"`; see `mmkeras.data.datasets`.
    """
    return [
        {
            "id": f"{split}-{i}",
            "split": split,
            **sample.render(),
            "label": sample.label,
        }
        for i, sample in enumerate(samples(split, count, seed, **options))
    ]


def accuracy(votes=None) -> dict:
    """Computes the best possible accuracy for every subset of votes.

        accuracy(S) = sum over v in {0, 1}^S of
                      1/2 max over y of prod over i in S of P(v_i | y)

    with P(v_i | y) = p_i where the vote is y and 1 - p_i where it is not.
    `mmkeras.evaluation.subsets.shapley` takes the result as its scores.

    Args:
        votes: Dict from names to probabilities to be right, in [0, 1];
            `VOTES` by default.

    Returns:
        Dict from every subset, a tuple of names in the order of `votes`, to
        the accuracy in [0.5, 1]; the empty one's is 0.5.

    Raises:
        ValueError: If a value is not a probability.
    """
    votes = dict(VOTES if votes is None else votes)
    _check(votes)
    return {
        names: _best([votes[name] for name in names])
        for size in range(len(votes) + 1)
        for names in itertools.combinations(votes, size)
    }


def _best(right):
    """Sums the probability of the more likely label over all votes."""
    total = 0.0
    for pattern in itertools.product((False, True), repeat=len(right)):
        yes = math.prod(p if v else 1 - p for p, v in zip(right, pattern))
        no = math.prod(1 - p if v else p for p, v in zip(right, pattern))
        total += max(yes, no) / 2
    return total


def _draw(rng, right, missing):
    """Draws a sample; the probabilities do not affect the random numbers."""
    label = int(rng.integers(2))
    uniform, presence = rng.random((2, len(FIELDS)))
    seed = int(rng.integers(2**31))
    votes = np.where(uniform < right, label, 1 - label)
    present = (presence >= missing) | (presence == presence.max())
    votes = tuple(LABELS[v] if p else None for v, p in zip(votes, present))
    return Sample(LABELS[label], votes, seed)


def _check(probabilities):
    for name, probability in probabilities.items():
        if not 0 <= probability <= 1:
            raise ValueError(
                f"`{name}` must be a probability, in [0, 1]. Received: "
                f"{name}={probability}"
            )
