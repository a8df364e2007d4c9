"""A world of images of digits, and talks about them that refer back.

Nine digits, 3 by 3, each in one of five inks on one of five grounds. Half of
the talks begin with "how many 3s are there?", or "how many blue ones", and go
on about them: "how many of them are on yellow?"; half with a place: "what
digit is in the middle?". As soon as one is left, "what colour is it?" and
"what is above it?" follow, which is what "it" means from then on. So most
answers need what was said before as well as the image, and what the best
player can score who lacks one of them is known: see `ceilings`.

How a talk is drawn. What it begins with is drawn evenly: a place or a count;
digit, ink or ground; of a place, which; of a count, which value, and of how
many cells, 1, 2 or 3, then which cells, and what all others have instead,
evenly of the other values; and all that is left. What is asked next depends on
what has been said, never on what has not; a step to a neighbour never goes to
one of the first cells, nor to where the talk has been. So without the image
every answer is as likely as `chance` says, whatever else was said.

Reference:
    In the spirit of MNIST Dialog, [Seo et al.,
    2017](https://arxiv.org/abs/1709.07992); its grid has 4 by 4 digits, two
    styles and 10 rounds.
"""

import collections
import dataclasses
import functools
import io
import math

import numpy as np
import PIL.Image

from mmkeras.data.synthetic import checks

SIDE, CELL, ROUNDS = 3, 28, 5
SPLITS = ("train", "val", "test")
INKS = {
    "blue": (20, 40, 200),
    "brown": (110, 60, 20),
    "green": (0, 120, 40),
    "red": (210, 0, 20),
    "violet": (130, 20, 160),
}
GROUNDS = {
    "cyan": (110, 240, 250),
    "salmon": (255, 170, 150),
    "silver": (185, 185, 190),
    "white": (255, 255, 255),
    "yellow": (255, 240, 90),
}
ANSWERS = (*"0123456789", *INKS, *GROUNDS)
_VALUES = {
    "digit": tuple("0123456789"),
    "ink": tuple(INKS),
    "ground": tuple(GROUNDS),
}
_FIRST = {
    "digit": "how many {}s are there?",
    "ink": "how many {} ones are there?",
    "ground": "how many on {} are there?",
}
_PLACES = (
    "at the top left",
    "at the top",
    "at the top right",
    "on the left",
    "in the middle",
    "on the right",
    "at the bottom left",
    "at the bottom",
    "at the bottom right",
)
_POINT = {
    "digit": "what digit is {}?",
    "ink": "what colour is the one {}?",
    "ground": "what colour is behind the one {}?",
}
_COUNT = {
    "ink": "how many of them are {}?",
    "ground": "how many of them are on {}?",
}
_NAME = {
    "digit": "what digit is it?",
    "ink": "what colour is it?",
    "ground": "what colour is behind it?",
}
_STEPS = {
    "what is above it?": (-1, 0),
    "what is below it?": (1, 0),
    "what is left of it?": (0, -1),
    "what is right of it?": (0, 1),
}
_CELLS = SIDE * SIDE


@dataclasses.dataclass(frozen=True)
class Scene:
    """What there is to see: a digit, an ink and a ground of each cell.

    Attributes:
        digit: Tuple of 9 digits, row by row, from "0" to "9".
        ink: Tuple of 9 names of `INKS`.
        ground: Tuple of 9 names of `GROUNDS`.
    """

    digit: tuple
    ink: tuple
    ground: tuple

    def draw(self, images, rng):
        """Draws the scene.

        Args:
            images: List of uint8 arrays `(n, 28, 28)`, of each digit.
            rng: A `numpy.random.Generator`; draws which.

        Returns:
            Bytes of a PNG file of 84 by 84 pixels.
        """
        page = np.zeros((SIDE, CELL, SIDE, CELL, 3))
        for i, (digit, ink, ground) in enumerate(
            zip(self.digit, self.ink, self.ground)
        ):
            those = images[int(digit)]
            shape = those[rng.integers(len(those))]
            thick = shape[..., None] / 255.0
            colours = np.array([INKS[ink], GROUNDS[ground]], float)
            page[i // SIDE, :, i % SIDE] = (
                thick * colours[0] + (1 - thick) * colours[1]
            )
        side = SIDE * CELL
        pixels = page.reshape(side, side, 3).round().astype("uint8")
        file = io.BytesIO()
        PIL.Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        return file.getvalue()


@dataclasses.dataclass(frozen=True)
class Turn:
    """A question, its answer, and what has been said when both are.

    Attributes:
        question: str.
        answer: str, one of `ANSWERS`.
        kind: `"count"`, `"digit"`, `"ink"`, `"ground"` or `"step"`: what is
            asked for.
        chance: float. How likely the likeliest answer is to who knows all
            that was said, but not the image.
        about: The cells that are talked about now.
        known: Dict from `"digit"`, `"ink"` and `"ground"` to the values that
            they may still have, one if it is known.
        been: Cells that a step may not go to.
        other: As `known`, of all other cells.
    """

    question: str
    answer: str
    kind: str
    chance: float
    about: tuple
    known: dict
    been: frozenset
    other: dict


def pointed(scene, kind, cell):
    """The turn that a talk begins with that asks what is in a cell."""
    value = getattr(scene, kind)[cell]
    return Turn(
        _POINT[kind].format(_PLACES[cell]),
        value,
        kind,
        1 / len(_VALUES[kind]),
        (cell,),
        {**_VALUES, kind: (value,)},
        frozenset([cell]),
        _VALUES,
    )


def counted(scene, kind, value):
    """The turn that a talk begins with that asks how many have a value."""
    has, values = getattr(scene, kind), _VALUES[kind]
    about = tuple(i for i in range(_CELLS) if has[i] == value)
    others = tuple(v for v in values if v != value)
    return Turn(
        _FIRST[kind].format(value),
        str(len(about)),
        "count",
        1 / 3,
        about,
        {**_VALUES, kind: (value,)},
        frozenset(about),
        {**_VALUES, kind: others},
    )


def following(scene, turn):
    """All turns that may follow on one, with their probabilities.

    Of several things, how many have some colour is asked; of one, which digit
    it is, what colour it or its ground has, or what is beside it. Nothing that
    is known is.

    Returns:
        List of tuples of a probability and a `Turn`; empty at a talk's end.
    """
    one = len(turn.about) == 1
    kinds = [
        _name(scene, turn, kind) if one else _count(scene, turn, kind)
        for kind, left in turn.known.items()
        if len(left) > 1 and (one or kind in _COUNT)
    ]
    if one:
        kinds.append(_step(scene, turn))
    kinds = [turns for turns in kinds if turns]
    return [
        (1 / len(kinds) / len(turns), next_one)
        for turns in kinds
        for next_one in turns
    ]


def _count(scene, turn, kind):
    """Counting those of each colour that they may still have."""
    left, many = turn.known[kind], len(turn.about)
    has = getattr(scene, kind)
    p = 1 / len(left)
    chance = max(
        math.comb(many, k) * p**k * (1 - p) ** (many - k)
        for k in range(many + 1)
    )
    turns = []
    for colour in left:
        found = tuple(i for i in turn.about if has[i] == colour)
        rest = (colour,) if found else tuple(c for c in left if c != colour)
        turns.append(
            Turn(
                _COUNT[kind].format(colour),
                str(len(found)),
                "count",
                chance,
                found or turn.about,
                {**turn.known, kind: rest},
                turn.been,
                turn.other,
            )
        )
    return turns


def _name(scene, turn, kind):
    """Naming what the only one has."""
    value, left = getattr(scene, kind)[turn.about[0]], turn.known[kind]
    return [
        dataclasses.replace(
            turn,
            question=_NAME[kind],
            answer=value,
            kind=kind,
            chance=1 / len(left),
            known={**turn.known, kind: (value,)},
        )
    ]


def _step(scene, turn):
    """Naming a neighbour, which is the one from then on."""
    [cell] = turn.about
    turns = []
    for asked, (down, across) in _STEPS.items():
        row, column = cell // SIDE + down, cell % SIDE + across
        there = SIDE * row + column
        inside = 0 <= row < SIDE and 0 <= column < SIDE
        if inside and there not in turn.been:
            digit = scene.digit[there]
            turns.append(
                Turn(
                    asked,
                    digit,
                    "step",
                    1 / len(turn.other["digit"]),
                    (there,),
                    {**turn.other, "digit": (digit,)},
                    turn.been | {there},
                    turn.other,
                )
            )
    return turns


def draw(rng):
    """Draws a scene and a talk about it.

    Args:
        rng: A `numpy.random.Generator`.

    Returns:
        Tuple of a `Scene` and a list of at most `ROUNDS` `Turn`s.
    """
    kind = tuple(_VALUES)[rng.integers(len(_VALUES))]
    drawn = {
        name: rng.integers(len(values), size=_CELLS)
        for name, values in _VALUES.items()
    }
    counts = rng.random() < 0.5
    many = len(_VALUES[kind])
    value = int(rng.integers(many))
    if counts:
        others = np.delete(np.arange(many), value)
        drawn[kind] = others[rng.integers(many - 1, size=_CELLS)]
        drawn[kind][rng.permutation(_CELLS)[: rng.integers(1, 4)]] = value
    scene = Scene(
        *(
            tuple(values[i] for i in drawn[name])
            for name, values in _VALUES.items()
        )
    )
    if counts:
        turns = [counted(scene, kind, _VALUES[kind][value])]
    else:
        turns = [pointed(scene, kind, int(rng.integers(_CELLS)))]
    while len(turns) < ROUNDS:
        options = following(scene, turns[-1])
        if not options:
            break
        chances = [chance for chance, _ in options]
        turns.append(options[rng.choice(len(options), p=chances)][1])
    return scene, turns


def begin(scene, rng):
    """Draws the turn that another talk about a scene begins with."""
    kind = tuple(_VALUES)[rng.integers(len(_VALUES))]
    many = collections.Counter(getattr(scene, kind))
    some = sorted(value for value, n in many.items() if n <= 3)
    if some and rng.random() < 0.5:
        return counted(scene, kind, some[rng.integers(len(some))])
    return pointed(scene, kind, int(rng.integers(_CELLS)))


def rows(split, count, images, seed=0, starts=0) -> list[dict]:
    """Draws talks as the rows of a data set, a row a turn.

    Args:
        split: One of `SPLITS`; each draws others.
        count: int. Talks; more of them begin with the same ones.
        images: List of uint8 arrays `(n, 28, 28)`, of each digit.
        seed: int, not negative.
        starts: int. Beginnings of other talks about the same image, beside
            each talk: who is to talk must first learn to see, and to count.

    Returns:
        List of dicts: `"id"`; `"split"`; `"image"`, PNG bytes; `"history"`, a
        line a turn, its question and answer, `None` before the first;
        `"question"`; `"label"`, one of `ANSWERS`; `"candidates"`, all of
        them, a line each; `"type"`, what is asked for; `"group"`, the talk.

    Raises:
        ValueError: If there is no such split, or a negative number.
    """
    checks.check(split, SPLITS, count, seed)
    made, candidates = [], "\n".join(ANSWERS)
    for number in range(count):
        rng = np.random.default_rng([seed, SPLITS.index(split), number])
        scene, turns = draw(rng)
        image = scene.draw(images, rng)
        said = [f"{turn.question} {turn.answer}" for turn in turns]
        extra = [begin(scene, rng) for _ in range(starts)]
        for i, turn in enumerate([*turns, *extra]):
            if i >= len(turns):
                said = []
            made.append(
                {
                    "id": f"{split}-{number}-{i}",
                    "split": split,
                    "image": image,
                    "history": "\n".join(said[:i]) or None,
                    "question": turn.question,
                    "label": turn.answer,
                    "candidates": candidates,
                    "type": turn.kind,
                    "group": f"{split}-{number}",
                }
            )
    return made


@functools.lru_cache(maxsize=4)
def ceilings(count=2000, seed=0) -> dict:
    """Gives the accuracy of the best players who lack a part.

    Scenes are drawn; of each, all talks that may be held about it are
    enumerated with their probabilities, so that only the scenes are a sample.
    Who lacks the image gives the answer that is likeliest after what was
    said (`Turn.chance`); who lacks the history, the answer that is likeliest
    among all talks about the image in which the question is asked. With w(t)
    the probability of a turn, and of image x, v one of V digits, inks or
    grounds, which 1 to 3 cells n(v) have, and k the digit, ink or ground of
    one of the 9 cells, a talk begins with v or k:

        P(v | x) ~ V^8 / (C(9, n(v)) (V - 1)^(9 - n(v))),  P(k | x) ~ 1 / 3
        without history = E[sum over q of max over a of
                            sum over turns t with q and a of w(t)]
                          / E[sum over turns t of w(t)]

    Args:
        count: int. Scenes.
        seed: int, not negative.

    Returns:
        Dict from `"history+question"` and `"image+question"` to tuples of the
        accuracy and half of its 95 % interval.
    """
    rng = np.random.default_rng([seed, len(SPLITS)])
    weights, blind, forgetful = np.zeros((3, count))
    for i in range(count):
        scene, _ = draw(rng)
        asked = collections.Counter()
        for weight, turn in _all_turns(scene):
            asked[turn.question, turn.answer] += weight
            weights[i] += weight
            blind[i] += weight * turn.chance
        forgetful[i] = sum(_likeliest(asked).values())
    mean = weights.mean()

    def ratio(right):
        share = right.mean() / mean
        spread = np.std(right - share * weights, ddof=1) / mean
        return float(share), float(1.96 * spread / np.sqrt(count))

    return {
        "history+question": ratio(blind),
        "image+question": ratio(forgetful),
    }


def _all_turns(scene):
    """Yields every turn that may be, and how often it is in a talk."""
    turns = []
    for kind, values in _VALUES.items():
        many = len(values)
        turns += [(1 / 3, pointed(scene, kind, i)) for i in range(_CELLS)]
        for value, n in collections.Counter(getattr(scene, kind)).items():
            if n <= 3:
                ways = math.comb(_CELLS, n) * (many - 1) ** (_CELLS - n)
                likely = many ** (_CELLS - 1) / ways
                turns.append((likely, counted(scene, kind, value)))
    total = sum(weight for weight, _ in turns)
    turns = [(weight / total, turn) for weight, turn in turns]
    for _ in range(ROUNDS):
        yield from turns
        same = {}  # What may follow depends on no more than this.
        for weight, turn in turns:
            known = *turn.known.values(), *turn.other.values()
            state = turn.about, turn.been, known
            before, _ = same.get(state, (0.0, None))
            same[state] = before + weight, turn
        turns = [
            (weight * chance, after)
            for weight, before in same.values()
            for chance, after in following(scene, before)
        ]


def _likeliest(asked):
    """Of each question, the weight of its likeliest answer."""
    most = {}
    for (question, _), weight in asked.items():
        most[question] = max(most.get(question, 0.0), weight)
    return most
