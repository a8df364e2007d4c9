"""Synthetic dialogues about images of digits, with references to earlier turns.

Nine digits, 3 by 3, each in one of five inks on one of five grounds. Half of
the dialogues begin with "how many 3s are there?", or "how many blue ones", and
continue with these: "how many of them are on yellow?"; half begin with a place:
"what digit is in the middle?". Once a single cell remains, "what colour is it?"
and "what is above it?" follow, and this neighbour becomes the new "it". So
most answers depend on earlier turns as well as on the image, and the best
possible accuracy without either of them is known: see `ceilings`.

How a dialogue is drawn. Its first question is drawn uniformly: a place or a
count; digit, ink or ground; for a place, which cell; for a count, the value and
its number of cells, 1, 2 or 3, then these cells, and the values of all others,
uniformly among the other values. Everything else in the image is uniform. The
next question depends on the earlier turns, never on the rest of the image; a
step to a neighbour never enters one of the first cells or an earlier one. So
without the image, the most likely answer to a question has the probability
`Turn.probability`, whatever the earlier turns are.

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
    """Content of an image: a digit, an ink and a ground per cell.

    Attributes:
        digit: Tuple of 9 digits, row by row, from "0" to "9".
        ink: Tuple of 9 names of `INKS`.
        ground: Tuple of 9 names of `GROUNDS`.
    """

    digit: tuple
    ink: tuple
    ground: tuple

    def render(self, images, rng):
        """Renders the scene.

        Args:
            images: List of 10 uint8 arrays `(n, 28, 28)`, one per digit.
            rng: A `numpy.random.Generator`, which chooses among them.

        Returns:
            Bytes of a PNG file of 84 by 84 pixels.
        """
        page = np.zeros((SIDE, CELL, SIDE, CELL, 3))
        for i, (digit, ink, ground) in enumerate(
            zip(self.digit, self.ink, self.ground)
        ):
            variants = images[int(digit)]
            shape = variants[rng.integers(len(variants))]
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
    """A question, its answer, and the state of the dialogue after both.

    Attributes:
        question: str.
        answer: str, one of `ANSWERS`.
        kind: `"count"`, `"digit"`, `"ink"`, `"ground"` or `"step"`: kind of
            the question.
        probability: float. Probability of the most likely answer, given all
            earlier turns but not the image.
        cells: Tuple of the current cells.
        values: Dict from `"digit"`, `"ink"` and `"ground"` to the values that
            the current cells may still have; a single one if it is certain.
        visited: Frozenset of cells that no step may enter.
        other_values: As `values`, for all other cells.
    """

    question: str
    answer: str
    kind: str
    probability: float
    cells: tuple
    values: dict
    visited: frozenset
    other_values: dict


def cell_turn(scene, kind, cell):
    """Returns a first turn that asks for the value of a cell."""
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


def count_turn(scene, kind, value):
    """Returns a first turn that asks how many cells have a value."""
    content, values = getattr(scene, kind), _VALUES[kind]
    cells = tuple(i for i in range(_CELLS) if content[i] == value)
    others = tuple(v for v in values if v != value)
    return Turn(
        _FIRST[kind].format(value),
        str(len(cells)),
        "count",
        1 / 3,
        cells,
        {**_VALUES, kind: (value,)},
        frozenset(cells),
        {**_VALUES, kind: others},
    )


def next_turns(scene, turn):
    """Lists all turns that may follow a turn, with their probabilities.

    For several cells, the question is how many have a colour; for one, its
    digit, its ink, its ground, or the digit of a neighbour. A value that is
    certain is never asked for.

    Returns:
        List of tuples of a probability and a `Turn`; empty at the end of a
        dialogue.
    """
    one = len(turn.cells) == 1
    kinds = [
        _name(scene, turn, kind) if one else _count(scene, turn, kind)
        for kind, options in turn.values.items()
        if len(options) > 1 and (one or kind in _COUNT)
    ]
    if one:
        kinds.append(_step(scene, turn))
    kinds = [turns for turns in kinds if turns]
    return [
        (1 / len(kinds) / len(turns), next_turn)
        for turns in kinds
        for next_turn in turns
    ]


def _count(scene, turn, kind):
    """Lists the questions how many cells have each possible colour."""
    options, many = turn.values[kind], len(turn.cells)
    content = getattr(scene, kind)
    p = 1 / len(options)
    probability = max(
        math.comb(many, k) * p**k * (1 - p) ** (many - k)
        for k in range(many + 1)
    )
    turns = []
    for colour in options:
        cells = tuple(i for i in turn.cells if content[i] == colour)
        rest = (colour,) if cells else tuple(c for c in options if c != colour)
        turns.append(
            Turn(
                _COUNT[kind].format(colour),
                str(len(cells)),
                "count",
                probability,
                cells or turn.cells,
                {**turn.values, kind: rest},
                turn.visited,
                turn.other_values,
            )
        )
    return turns


def _name(scene, turn, kind):
    """Lists the question for a value of the only cell."""
    value = getattr(scene, kind)[turn.cells[0]]
    return [
        dataclasses.replace(
            turn,
            question=_NAME[kind],
            answer=value,
            kind=kind,
            probability=1 / len(turn.values[kind]),
            values={**turn.values, kind: (value,)},
        )
    ]


def _step(scene, turn):
    """Lists the questions for a neighbour, which becomes the only cell."""
    [cell] = turn.cells
    turns = []
    for question, (down, across) in _STEPS.items():
        row, column = cell // SIDE + down, cell % SIDE + across
        neighbour = SIDE * row + column
        inside = 0 <= row < SIDE and 0 <= column < SIDE
        if inside and neighbour not in turn.visited:
            digit = scene.digit[neighbour]
            turns.append(
                Turn(
                    question,
                    digit,
                    "step",
                    1 / len(turn.other_values["digit"]),
                    (neighbour,),
                    {**turn.other_values, "digit": (digit,)},
                    turn.visited | {neighbour},
                    turn.other_values,
                )
            )
    return turns


def draw(rng):
    """Draws a scene and a dialogue about it.

    Args:
        rng: A `numpy.random.Generator`.

    Returns:
        Tuple of a `Scene` and a list of at most `ROUNDS` `Turn`s.
    """
    kind = tuple(_VALUES)[rng.integers(len(_VALUES))]
    content = {
        name: rng.integers(len(values), size=_CELLS)
        for name, values in _VALUES.items()
    }
    counts = rng.random() < 0.5
    many = len(_VALUES[kind])
    value = int(rng.integers(many))
    if counts:
        others = np.delete(np.arange(many), value)
        content[kind] = others[rng.integers(many - 1, size=_CELLS)]
        content[kind][rng.permutation(_CELLS)[: rng.integers(1, 4)]] = value
    scene = Scene(
        *(
            tuple(values[i] for i in content[name])
            for name, values in _VALUES.items()
        )
    )
    if counts:
        turns = [count_turn(scene, kind, _VALUES[kind][value])]
    else:
        turns = [cell_turn(scene, kind, int(rng.integers(_CELLS)))]
    while len(turns) < ROUNDS:
        options = next_turns(scene, turns[-1])
        if not options:
            break
        weights = [probability for probability, _ in options]
        turns.append(options[rng.choice(len(options), p=weights)][1])
    return scene, turns


def first_turn(scene, rng):
    """Draws the first turn of another dialogue about a scene."""
    kind = tuple(_VALUES)[rng.integers(len(_VALUES))]
    counts = collections.Counter(getattr(scene, kind))
    rare = sorted(value for value, n in counts.items() if n <= 3)
    if rare and rng.random() < 0.5:
        return count_turn(scene, kind, rare[rng.integers(len(rare))])
    return cell_turn(scene, kind, int(rng.integers(_CELLS)))


def rows(split, count, images, seed=0, starts=0) -> list[dict]:
    """Draws dialogues as the rows of a data set, one row per turn.

    Args:
        split: One of `SPLITS`; each draws others.
        count: int. Number of dialogues; a larger one adds dialogues only.
        images: List of 10 uint8 arrays `(n, 28, 28)`, one per digit.
        seed: int, not negative.
        starts: int. Number of first turns of other dialogues about the same
            image, added to each dialogue: a model must first learn to
            recognize and to count.

    Returns:
        List of dicts: `"id"`; `"split"`; `"image"`, PNG bytes; `"history"`, one
        line per earlier turn, its question and answer, `None` if there is
        none; `"question"`; `"label"`, one of `ANSWERS`; `"candidates"`, all of
        them, one per line; `"type"`, the kind of the question; `"group"`, the
        dialogue.

    Raises:
        ValueError: If the split is unknown, or a number is negative.
    """
    checks.check(split, SPLITS, count, seed)
    examples, candidates = [], "\n".join(ANSWERS)
    for number in range(count):
        rng = np.random.default_rng([seed, SPLITS.index(split), number])
        scene, turns = draw(rng)
        image = scene.render(images, rng)
        history = [f"{turn.question} {turn.answer}" for turn in turns]
        extra = [first_turn(scene, rng) for _ in range(starts)]
        for i, turn in enumerate([*turns, *extra]):
            if i >= len(turns):
                history = []
            examples.append(
                {
                    "id": f"{split}-{number}-{i}",
                    "split": split,
                    "image": image,
                    "history": "\n".join(history[:i]) or None,
                    "question": turn.question,
                    "label": turn.answer,
                    "candidates": candidates,
                    "type": turn.kind,
                    "group": f"{split}-{number}",
                }
            )
    return examples


@functools.lru_cache(maxsize=4)
def ceilings(count=2000, seed=0) -> dict:
    """Estimates the best possible accuracies without one of the inputs.

    Scenes are sampled; all dialogues about each are enumerated with their
    probabilities. Without the image, the best answer is the most likely one
    given the earlier turns (`Turn.probability`); without the history, it is
    the most likely one among all dialogues about the image that contain the
    question. With w(t) the probability of a turn t; v one of V digits, inks or
    grounds that 1 to 3 cells n(v) of the image x have; and k the digit, ink or
    ground of one of the 9 cells, a dialogue begins with v or k:

        P(v | x) ~ V^8 / (C(9, n(v)) (V - 1)^(9 - n(v))),  P(k | x) ~ 1 / 3
        without history = E[sum over q of max over a of
                            sum over turns t with q and a of w(t)]
                          / E[sum over turns t of w(t)]

    Args:
        count: int. Number of scenes.
        seed: int, not negative.

    Returns:
        Dict from `"history+question"` and `"image+question"` to tuples of the
        accuracy and half of its 95 % confidence interval.
    """
    rng = np.random.default_rng([seed, len(SPLITS)])
    weights, without_image, without_history = np.zeros((3, count))
    for i in range(count):
        scene, _ = draw(rng)
        answers = collections.Counter()
        for weight, turn in _all_turns(scene):
            answers[turn.question, turn.answer] += weight
            weights[i] += weight
            without_image[i] += weight * turn.probability
        without_history[i] = sum(_max_weights(answers).values())
    mean = weights.mean()

    def ratio(correct):
        share = correct.mean() / mean
        std = np.std(correct - share * weights, ddof=1) / mean
        return float(share), float(1.96 * std / np.sqrt(count))

    return {
        "history+question": ratio(without_image),
        "image+question": ratio(without_history),
    }


def _all_turns(scene):
    """Yields each possible turn and its expected number per dialogue."""
    turns = []
    for kind, values in _VALUES.items():
        many = len(values)
        turns += [(1 / 3, cell_turn(scene, kind, i)) for i in range(_CELLS)]
        for value, n in collections.Counter(getattr(scene, kind)).items():
            if n <= 3:
                ways = math.comb(_CELLS, n) * (many - 1) ** (_CELLS - n)
                weight = many ** (_CELLS - 1) / ways
                turns.append((weight, count_turn(scene, kind, value)))
    total = sum(weight for weight, _ in turns)
    turns = [(weight / total, turn) for weight, turn in turns]
    for _ in range(ROUNDS):
        yield from turns
        states = {}  # Turns with equal states have equal continuations.
        for weight, turn in turns:
            values = *turn.values.values(), *turn.other_values.values()
            state = turn.cells, turn.visited, values
            total, _ = states.get(state, (0.0, None))
            states[state] = total + weight, turn
        turns = [
            (weight * probability, after)
            for weight, before in states.values()
            for probability, after in next_turns(scene, before)
        ]


def _max_weights(answers):
    """Returns the weight of the most likely answer to each question."""
    maxima = {}
    for (question, _), weight in answers.items():
        maxima[question] = max(maxima.get(question, 0.0), weight)
    return maxima
