"""A world of coloured shapes, one or two in an image, with five captions.

The truth of a scene is known, so a caption can be judged. Some compositions
are kept from training: the pairs of things that make the test split and, a
harder test, the things (`NEW_THINGS`, such as a red cross, though red things
and crosses are seen in training) that make the split `"things"`. A model that
is right on them has learnt what the words mean, not the images by heart.

Images must not be mirrored in training: left would become right.

>>> scene = shapes.scenes("test", 1)[0]
>>> shapes.captions(scene)[0]
'a blue square over a white circle'
>>> shapes.judge("a blue square is above a white star", scene).wrong
('shape',)
"""

import collections
import dataclasses
import functools
import io
import itertools
import json
import multiprocessing
import os
import pathlib
from concurrent import futures

import numpy as np
from PIL import Image

from mmkeras.data.synthetic import checks
from mmkeras.data.synthetic.shapes_captions import Verdict as Verdict
from mmkeras.data.synthetic.shapes_captions import captions
from mmkeras.data.synthetic.shapes_captions import describe
from mmkeras.data.synthetic.shapes_captions import judge as judge
from mmkeras.data.synthetic.shapes_render import COLOURS
from mmkeras.data.synthetic.shapes_render import SHAPES
from mmkeras.data.synthetic.shapes_render import render

# What of a split's scenes is kept from training; see `Scene.new`.
_NEW = {"train": "", "val": "", "test": "pair", "things": "thing"}
SPLITS = tuple(_NEW)
NEW_THINGS = frozenset(
    {
        ("red", "cross"),
        ("yellow", "square"),
        ("green", "triangle"),
        ("cyan", "star"),
        ("blue", "circle"),
    }
)
_THINGS = [(colour, shape) for colour in COLOURS for shape in SHAPES]
_MARGIN = 0.03  # Least distance to the image's edge.
_SPREAD = np.radians(25)  # A direction's largest angle to its axis.
_TURN = np.radians(8)


@dataclasses.dataclass(frozen=True)
class Thing:
    """A coloured shape.

    Attributes:
        colour: One of `COLOURS`.
        shape: One of `SHAPES`.
        x: Place of its centre, 0 the image's left edge and 1 the right.
        y: 0 the image's upper edge and 1 the lower.
        radius: Its size; 0.5 would fill the image.
        angle: How far it is turned, in radians, clockwise.
        light: What its colour is multiplied with, in (0, 1].
    """

    colour: str
    shape: str
    x: float
    y: float
    radius: float = 0.17
    angle: float = 0.0
    light: float = 1.0

    @property
    def name(self):
        """Colour and shape."""
        return f"{self.colour} {self.shape}"


@dataclasses.dataclass(frozen=True)
class Scene:
    """What an image shows.

    Attributes:
        things: Tuple of one or two `Thing`, not of the same name.
        seed: int. Draws the ground, the noise and which captions are written.
    """

    things: tuple
    seed: int = 0

    @property
    def relation(self):
        """Where the first thing is to the second; "" if it is alone."""
        if len(self.things) == 1:
            return ""
        first, second = self.things
        x, y = second.x - first.x, second.y - first.y
        if abs(x) > abs(y):
            return "left of" if x > 0 else "right of"
        return "above" if y > 0 else "below"

    @property
    def new(self):
        """What training lacks: `"thing"`, else `"pair"`, else `""`."""
        names = [(thing.colour, thing.shape) for thing in self.things]
        if NEW_THINGS & set(names):
            return "thing"
        pair = sum(_THINGS.index(name) for name in names)
        return "pair" if len(names) == 2 and pair % 7 == 0 else ""


def scenes(split, count, seed=0):
    """Draws scenes; more of them begin with the same ones.

    In train and val half of the scenes have one thing, the others two.

    Args:
        split: `"train"`, `"val"`, `"test"`, each scene of which shows a pair
            of things that no scene of train or val has, or `"things"`, each
            scene of which shows a thing that none of the others has.
        count: int.
        seed: int, not negative.

    Returns:
        List of `Scene`.

    Raises:
        ValueError: If there is no such split, or a negative number.
    """
    checks.check(split, SPLITS, count, seed)
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    found = []
    while len(found) < count:
        scene = _draw(rng)
        if scene.new == _NEW[split]:
            found.append(scene)
    return found


def write(
    folder,
    train=4000,
    val=400,
    test=400,
    seed=0,
    size=64,
    progress=None,
    workers=1,
):
    """Writes the world as a table; see `mmkeras.data.datasets.table`.

    `table.jsonl` is written last, in one stroke: where it is, all is. The
    same arguments write the same bytes.

    Args:
        folder: Where `table.jsonl` and `images/`, JPEG files, are made.
        train: int. Images of the training split.
        val: int. Images of the validation split.
        test: int. Images of the test split.
        seed: int, not negative.
        size: int. Side of an image, in pixels.
        progress: Function of the images written and in all.
        workers: int. Processes that draw; from 2, a script that calls this
            needs `if __name__ == "__main__"`.

    Returns:
        Path of the table, a `pathlib.Path`.

    Raises:
        ValueError: If a number is negative; nothing is written then.
        OSError: If it cannot be written; there is no table then.
    """
    folder = pathlib.Path(folder)
    table, part = folder / "table.jsonl", folder / ".table.jsonl.part"
    counts = {"train": train, "val": val, "test": test}
    drawn = {split: scenes(split, n, seed) for split, n in counts.items()}
    (folder / "images").mkdir(parents=True, exist_ok=True)
    table.unlink(missing_ok=True)  # It may be of other images.
    places = [(s, i, scene) for s in drawn for i, scene in enumerate(drawn[s])]
    written = functools.partial(_row, folder, size)
    lines = []
    for line in _in_order(written, places, workers):
        lines.append(line)
        if progress is not None:
            progress(len(lines), len(places))
    part.write_text("".join(lines), encoding="utf-8", newline="\n")
    os.replace(part, table)
    return table


def ceiling(scenes, seed=0):
    """Describes scenes as one who knows the grammar and sees all.

    Such a speaker picks any true caption, so scores below 1 against the
    references; a model that says what is commonest may score higher.

    Args:
        scenes: List of `Scene`.
        seed: int.

    Returns:
        List of a true caption for each, drawn apart from its references.
    """
    rng = np.random.default_rng([seed, len(SPLITS)])
    return [describe(scene, rng) for scene in scenes]


def same_for_all(references):
    """Finds the commonest reference caption: one for every image.

    Args:
        references: Captions of every image of the training split.

    Returns:
        A string; of those as common, the first by alphabet.

    Raises:
        ValueError: If there is none.
    """
    counts = collections.Counter(itertools.chain.from_iterable(references))
    if not counts:
        raise ValueError(
            "`references` must have at least one caption. Received: no captions"
        )
    return min(counts, key=lambda caption: (-counts[caption], caption))


def _draw(rng):
    """Draws a scene, held out or not."""
    count = 1 if rng.random() < 0.43 else 2
    chosen = rng.choice(len(_THINGS), count, replace=False)
    radii = rng.uniform(0.15, 0.2, count)
    places = _alone(rng, radii) if count == 1 else _apart(rng, radii)
    angles = rng.uniform(-_TURN, _TURN, count)
    lights = rng.uniform(0.75, 1.0, count)
    values = np.column_stack([places, radii, angles, lights]).tolist()
    things = [Thing(*_THINGS[i], *row) for i, row in zip(chosen, values)]
    return Scene(tuple(things), int(rng.integers(2**31)))


def _alone(rng, radii):
    edge = radii[0] + _MARGIN
    return rng.uniform(edge, 1 - edge, (1, 2))


def _apart(rng, radii):
    """Places two things that do not touch, in one of four directions."""
    edges = radii + _MARGIN
    distance = rng.uniform(radii.sum() + 0.08, 1 - edges.sum())
    angle = rng.integers(4) * np.pi / 2 + rng.uniform(-_SPREAD, _SPREAD)
    step = distance * np.array([np.cos(angle), np.sin(angle)])
    low = np.maximum(edges[0], edges[1] - step)
    high = np.minimum(1 - edges[0], 1 - edges[1] - step)
    first = rng.uniform(low, high)
    return np.stack([first, first + step])


def _row(folder, size, place):
    """Writes an image; returns its line of the table."""
    split, i, scene = place
    name = f"images/{split}-{i:05}.jpg"
    (folder / name).write_bytes(_jpeg(render(scene, size)))
    row = {"image": name, "captions": captions(scene), "split": split}
    return json.dumps(row) + "\n"


def _in_order(function, items, workers):
    """What a function returns for each item, computed by processes."""
    if workers == 1:
        yield from map(function, items)
        return
    # Not forked: threads of TensorFlow's may hold locks.
    context = multiprocessing.get_context("spawn")
    with futures.ProcessPoolExecutor(workers, context) as pool:
        yield from pool.map(function, items, chunksize=256)


def _jpeg(pixels):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=95, subsampling=0)
    return data.getvalue()
