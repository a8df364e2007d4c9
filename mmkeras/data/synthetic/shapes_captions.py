"""Captions of the scenes of `shapes`: a grammar and a check."""

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
_SINGLE = (
    "a {a}",
    "a single {a}",
    "there is a {a}",
    "there is only a {a}",
    "one {a} and nothing else",
    "the picture shows a {a}",
    "a {a} is all there is",
    "a {a} stands alone",
)
_PAIR = (  # a stands in relation r to b.
    "a {a} {r} a {b}",
    "a {a} is {r} a {b}",
    "there is a {a} {r} a {b}",
    "the {a} is {r} the {b}",
    "a {b} with a {a} {r} it",
)
_RELATIONS = {
    phrase.split()[-2 if phrase.endswith("of") else -1]: relation
    for relation, phrases in _PHRASES.items()
    for phrase in phrases
}
_NAME = f"(?:{'|'.join(COLOURS)}) (?:{'|'.join(SHAPES)})"
_RELATION = f"(?:{'|'.join(itertools.chain(*_PHRASES.values()))})"
_GRAMMAR = re.compile(
    "|".join(_SINGLE + _PAIR).format(a=_NAME, b=_NAME, r=_RELATION)
)


@dataclasses.dataclass(frozen=True)
class CaptionCheck:
    """Errors of a caption.

    Attributes:
        errors: Tuple of the parts that are wrong or missing, in this order:
            `"grammar"` (not a sentence of the grammar), `"count"` (more or
            fewer shapes than in the image), `"colour"`, `"shape"`,
            `"relation"`.
    """

    errors: tuple = ()

    @property
    def correct(self):
        """Whether the caption has no errors."""
        return not self.errors


def describe(scene, rng):
    """Draws a true caption; all of them are equally likely.

    Args:
        scene: A `Scene`.
        rng: A `numpy.random.Generator`.

    Returns:
        A string, in lower case and without punctuation.
    """
    return str(rng.choice(_true(scene)))


def captions(scene):
    """Lists the reference captions of a scene, which are always the same.

    Args:
        scene: A `Scene`.

    Returns:
        List of 5 different true captions.
    """
    rng = np.random.default_rng([scene.seed, 1])
    return rng.choice(_true(scene), 5, replace=False).tolist()


def check_caption(caption, scene):
    """Checks whether a caption describes a scene correctly and completely.

    Colours, shapes and the relation are also checked in captions outside the
    grammar. Shapes of the caption are matched to those of the scene with as
    few errors as possible; the relation is checked if their number is right.

    Args:
        caption: Any string. Case and punctuation are ignored.
        scene: A `Scene`.

    Returns:
        A `CaptionCheck`.
    """
    words = re.findall(r"[^\W_]+", caption.lower())
    names, relation = _parse_names(words), _parse_relation(words)
    errors = _find_errors(names, relation, scene)
    if len(names) != len(scene.shapes):
        errors = ("count", *errors)
    if not _GRAMMAR.fullmatch(" ".join(words)):
        errors = ("grammar", *errors)
    return CaptionCheck(errors)


def _true(scene):
    """Lists all true captions of the grammar."""
    names = [shape.name for shape in scene.shapes]
    if len(names) == 1:
        return [form.format(a=names[0]) for form in _SINGLE]
    return [
        form.format(a=a, r=phrase, b=b)
        for a, relation, b in (
            (names[0], scene.relation, names[1]),
            (names[1], INVERSE[scene.relation], names[0]),
        )
        for phrase in _PHRASES[relation]
        for form in _PAIR
    ]


def _parse_names(words):
    """Lists the (colour, kind) of all shapes; "" for a missing part."""
    names, colour = [], ""
    for word in [*words, ""]:
        if word in SHAPES:
            names.append((colour, word))
        elif colour:
            names.append((colour, ""))
        colour = word if word in COLOURS else ""
    return names


def _parse_relation(words):
    """Finds the relation of the first shape to the second; "" if unclear."""
    relations = {_RELATIONS[word] for word in words if word in _RELATIONS}
    if len(relations) != 1:
        return ""
    relation = relations.pop()
    return INVERSE[relation] if "with" in words else relation


def _find_errors(names, relation, scene):
    """Lists errors in colour, shape and relation under the best match."""
    truth = [(shape.colour, shape.kind) for shape in scene.shapes]
    complete = len(names) == len(truth)
    if not complete:
        names = list(dict.fromkeys(names))  # Bounds the cost of long captions.
    size = min(len(names), len(truth))
    matches = []
    for order in itertools.permutations(range(len(truth))):
        true_relation = scene.relation
        if order != tuple(sorted(order)):
            true_relation = INVERSE[true_relation]
        for subset in itertools.combinations(names, size):
            pairs = list(zip(subset, (truth[i] for i in order)))
            colour = sum(name[0] != true[0] for name, true in pairs)
            shape = sum(name[1] != true[1] for name, true in pairs)
            mismatch = complete and relation != true_relation
            matches.append((colour + shape + mismatch, colour, shape, mismatch))
    _, *counts = min(matches, key=lambda match: match[0])
    kinds = ("colour", "shape", "relation")
    return tuple(kind for kind, count in zip(kinds, counts) if count)
