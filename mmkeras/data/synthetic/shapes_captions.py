"""What is said of a scene of the world `shapes`: a grammar and its judge."""

import dataclasses
import itertools
import re

import numpy as np

from mmkeras.data.synthetic.shapes_render import COLOURS
from mmkeras.data.synthetic.shapes_render import SHAPES

INVERSE = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
}
_PHRASES = {
    "left of": ("left of", "to the left of"),
    "right of": ("right of", "to the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
_OF_ONE = (
    "a {a}",
    "a single {a}",
    "there is a {a}",
    "there is only a {a}",
    "one {a} and nothing else",
    "the picture shows a {a}",
    "a {a} is all there is",
    "a {a} stands alone",
)
_OF_TWO = (  # a stands in relation r to b.
    "a {a} {r} a {b}",
    "a {a} is {r} a {b}",
    "there is a {a} {r} a {b}",
    "the {a} is {r} the {b}",
    "a {b} with a {a} {r} it",
)
_CLAIMS = {
    phrase.split()[-2 if phrase.endswith("of") else -1]: relation
    for relation, phrases in _PHRASES.items()
    for phrase in phrases
}
_THING = f"(?:{'|'.join(COLOURS)}) (?:{'|'.join(SHAPES)})"
_RELATION = f"(?:{'|'.join(itertools.chain(*_PHRASES.values()))})"
_GRAMMAR = re.compile(
    "|".join(_OF_ONE + _OF_TWO).format(a=_THING, b=_THING, r=_RELATION)
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What is wrong with a caption.

    Attributes:
        wrong: Tuple of those that are wrong or missing, in this order:
            `"grammar"` (no sentence of the grammar), `"count"` (more or
            fewer things than there are), `"colour"`, `"shape"`, `"relation"`.
    """

    wrong: tuple = ()

    @property
    def right(self):
        """Whether nothing is wrong."""
        return not self.wrong


def describe(scene, rng):
    """Writes a true caption, all that are possible being as likely.

    Args:
        scene: A `Scene`.
        rng: A `numpy.random.Generator`.

    Returns:
        A string, in lower case and without punctuation.
    """
    return str(rng.choice(_true(scene)))


def captions(scene):
    """Writes the reference captions of a scene, always the same.

    Args:
        scene: A `Scene`.

    Returns:
        List of 5 different true captions.
    """
    rng = np.random.default_rng([scene.seed, 1])
    return rng.choice(_true(scene), 5, replace=False).tolist()


def judge(caption, scene):
    """Judges whether a caption is true of a scene and complete.

    A caption in other words than the grammar's is wrong in grammar; what it
    says of colours, shapes and the relation is judged all the same. Things
    named are matched to things seen as kindly as possible; the relation is
    judged if their number is right.

    Args:
        caption: Any string. Case and punctuation do not count.
        scene: A `Scene`.

    Returns:
        A `Verdict`.
    """
    words = re.findall(r"[^\W_]+", caption.lower())
    named, relation = _named(words), _claimed(words)
    wrong = _faults(named, relation, scene)
    if len(named) != len(scene.things):
        wrong = ("count", *wrong)
    if not _GRAMMAR.fullmatch(" ".join(words)):
        wrong = ("grammar", *wrong)
    return Verdict(wrong)


def _true(scene):
    """Lists all true captions of the grammar."""
    names = [thing.name for thing in scene.things]
    if len(names) == 1:
        return [form.format(a=names[0]) for form in _OF_ONE]
    return [
        form.format(a=a, r=phrase, b=b)
        for a, relation, b in (
            (names[0], scene.relation, names[1]),
            (names[1], INVERSE[scene.relation], names[0]),
        )
        for phrase in _PHRASES[relation]
        for form in _OF_TWO
    ]


def _named(words):
    """Lists the (colour, shape) named; "" for what is left out."""
    named, colour = [], ""
    for word in [*words, ""]:
        if word in SHAPES:
            named.append((colour, word))
        elif colour:
            named.append((colour, ""))
        colour = word if word in COLOURS else ""
    return named


def _claimed(words):
    """Says how the first thing named stands to the second; "" if unclear."""
    claims = {_CLAIMS[word] for word in words if word in _CLAIMS}
    if len(claims) != 1:
        return ""
    relation = claims.pop()
    return INVERSE[relation] if "with" in words else relation


def _faults(named, relation, scene):
    """Lists colour, shape, relation as far as wrong, in the kindest match."""
    things = [(thing.colour, thing.shape) for thing in scene.things]
    complete = len(named) == len(things)
    if not complete:
        named = list(dict.fromkeys(named))  # A babbler is judged in no time.
    least = min(len(named), len(things))
    matches = []
    for order in itertools.permutations(range(len(things))):
        truth = scene.relation
        if order != tuple(sorted(order)):
            truth = INVERSE[truth]
        for chosen in itertools.combinations(named, least):
            pairs = list(zip(chosen, (things[i] for i in order)))
            colour = sum(said[0] != seen[0] for said, seen in pairs)
            shape = sum(said[1] != seen[1] for said, seen in pairs)
            claim = complete and relation != truth
            matches.append((colour + shape + claim, colour, shape, claim))
    _, *counts = min(matches, key=lambda match: match[0])
    kinds = ("colour", "shape", "relation")
    return tuple(kind for kind, count in zip(kinds, counts) if count)
