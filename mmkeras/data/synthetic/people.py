"""Synthetic translations that only an image can get right.

An English sentence does not tell whether a teacher is a woman or a man; its
German translation must. An image shows the person, with a dress or trousers,
so the highest possible accuracy with and without images is known
(`ceilings`).

>>> person = Person("teacher", "red", "sings", True)
>>> person.source
'The teacher in red sings.'
>>> person.target
'Die Lehrerin in Rot singt.'
"""

import dataclasses
import io

import numpy as np
from PIL import Image

from mmkeras.data.synthetic import checks
from mmkeras.data.synthetic.shapes import Scene
from mmkeras.data.synthetic.shapes import Shape
from mmkeras.data.synthetic.shapes_render import render

SPLITS = ("train", "val", "test")
# Of both, in German: a man and a woman.
PEOPLE = {
    "teacher": ("Lehrer", "Lehrerin"),
    "dancer": ("Tänzer", "Tänzerin"),
    "student": ("Student", "Studentin"),
    "doctor": ("Arzt", "Ärztin"),
    "singer": ("Sänger", "Sängerin"),
    "baker": ("Bäcker", "Bäckerin"),
    "cook": ("Koch", "Köchin"),
    "painter": ("Maler", "Malerin"),
}
COLOURS = {
    "red": "Rot",
    "yellow": "Gelb",
    "green": "Grün",
    "cyan": "Türkis",
    "blue": "Blau",
    "purple": "Lila",
    "pink": "Rosa",
}
VERBS = {
    "sings": "singt",
    "waits": "wartet",
    "laughs": "lacht",
    "reads": "liest",
    "writes": "schreibt",
    "walks": "läuft",
    "sleeps": "schläft",
    "eats": "isst",
}
_SIZE = 32  # Pixels.


@dataclasses.dataclass(frozen=True)
class Person:
    """What a sentence and its image are about.

    Attributes:
        noun: One of `PEOPLE`.
        colour: One of `COLOURS`, that of the clothes.
        verb: One of `VERBS`.
        is_woman: bool.
        seed: int. Seed of the image.
    """

    noun: str
    colour: str
    verb: str
    is_woman: bool
    seed: int = 0

    @property
    def source(self):
        """The sentence in English."""
        return f"The {self.noun} in {self.colour} {self.verb}."

    @property
    def target(self):
        """The sentence in German."""
        name = PEOPLE[self.noun][self.is_woman]
        article = "Die" if self.is_woman else "Der"
        return f"{article} {name} in {COLOURS[self.colour]} {VERBS[self.verb]}."

    def render(self):
        """Renders the person: a head, and a dress or trousers.

        Returns:
            Bytes of a PNG file of 32 by 32 pixels.
        """
        rng = np.random.default_rng(self.seed)
        x, y = rng.uniform(0.35, 0.65), rng.uniform(0.6, 0.7)
        size, light = rng.uniform(0.2, 0.26), rng.uniform(0.8, 1)
        kind = "triangle" if self.is_woman else "square"
        body = Shape(self.colour, kind, x, y, size, light=light)
        head = Shape("white", "circle", x, y - 1.5 * size, 0.6 * size)
        pixels = render(Scene((body, head), self.seed), _SIZE)
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "PNG")
        return data.getvalue()


def people(split, count, seed=0, women=0.5) -> list[Person]:
    """Draws people; a larger `count` adds people only.

    Args:
        split: One of `SPLITS`; each has its own people.
        count: int.
        seed: int, not negative.
        women: float in [0, 1]. Probability of a woman, whatever the sentence.

    Returns:
        List of `Person`.

    Raises:
        ValueError: If the split is unknown, or a number is out of its range.
    """
    checks.check(split, SPLITS, count, seed)
    ceilings(women)
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    parts = [list(words) for words in (PEOPLE, COLOURS, VERBS)]
    people = []
    for _ in range(count):
        words = [part[rng.integers(len(part))] for part in parts]
        is_woman = bool(rng.random() < women)
        people.append(Person(*words, is_woman, int(rng.integers(2**31))))
    return people


def rows(split, count, seed=0, women=0.5) -> list[dict]:
    """Makes rows of people; see `mmkeras.data.datasets`.

    Args:
        split: As of `people`.
        count: As of `people`.
        seed: As of `people`.
        women: As of `people`.

    Returns:
        List of dicts with `"source"`, `"target"`, and `"image"`, the bytes of
        a PNG file.
    """
    return [
        {
            "id": f"{split}-{i}",
            "source": person.source,
            "image": person.render(),
            "target": person.target,
            "split": split,
        }
        for i, person in enumerate(people(split, count, seed, women))
    ]


def ceilings(women=0.5):
    """Computes the highest expected share of exact translations.

    Args:
        women: float in [0, 1]. Probability of a woman.

    Returns:
        Dict from tuples of fields to shares: `("source",)`, where the more
        probable translation is best, `max(women, 1 - women)`; and
        `("source", "image")`, 1.

    Raises:
        ValueError: If `women` is not a probability.
    """
    if not 0 <= women <= 1:
        raise ValueError(f"`women` must be in [0, 1]. Received: women={women}")
    return {("source",): max(women, 1 - women), ("source", "image"): 1.0}
