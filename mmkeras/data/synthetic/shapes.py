"""A synthetic data set of images of one or two coloured shapes, with captions.

The content of an image is known, so captions can be checked. Some combinations
are held out from training: pairs of shapes for the split `"test"` and, as a
harder test, shapes for the split `"things"` (`NEW_SHAPES`, such as a red cross,
although training has red shapes and crosses). A model that is right on them has
learned what the words mean and has not memorized images.

Do not flip images in training: left would become right.

>>> scene = shapes.scenes("test", 1)[0]
>>> shapes.captions(scene)[0]
'a blue square over a white circle'
>>> shapes.check_caption("a blue square is above a white star", scene).errors
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
from mmkeras.data.synthetic.shapes_captions import CaptionCheck as CaptionCheck
from mmkeras.data.synthetic.shapes_captions import captions
from mmkeras.data.synthetic.shapes_captions import (
    check_caption as check_caption,
)
from mmkeras.data.synthetic.shapes_captions import describe
from mmkeras.data.synthetic.shapes_render import COLOURS
from mmkeras.data.synthetic.shapes_render import SHAPES
from mmkeras.data.synthetic.shapes_render import render

# Which part of the scenes of a split is new; see `Scene.new`.
_NEW = {"train": "", "val": "", "test": "pair", "things": "shape"}
SPLITS = tuple(_NEW)
NEW_SHAPES = frozenset(
    {
        ("red", "cross"),
        ("yellow", "square"),
        ("green", "triangle"),
        ("cyan", "star"),
        ("blue", "circle"),
    }
)
_NAMES = [(colour, kind) for colour in COLOURS for kind in SHAPES]
_MARGIN = 0.03  # Smallest distance to the edge of the image.
_DEVIATION = np.radians(25)  # Largest angle of a direction to its axis.
_ROTATION = np.radians(8)


@dataclasses.dataclass(frozen=True)
class Shape:
    """A coloured shape.

    Attributes:
        colour: One of `COLOURS`.
        kind: One of `SHAPES`.
        x: Position of the centre, from 0 (left edge) to 1 (right edge).
        y: Likewise, from 0 (upper edge) to 1 (lower edge).
        radius: Size; 0.5 would fill the image.
        angle: Rotation, in radians, clockwise.
        light: Factor of the colour, in (0, 1].
    """

    colour: str
    kind: str
    x: float
    y: float
    radius: float = 0.17
    angle: float = 0.0
    light: float = 1.0

    @property
    def name(self):
        """Colour and kind."""
        return f"{self.colour} {self.kind}"


@dataclasses.dataclass(frozen=True)
class Scene:
    """Content of an image.

    Attributes:
        shapes: Tuple of one or two `Shape` with different names.
        seed: int. Seed of the ground, the noise and the choice of captions.
    """

    shapes: tuple
    seed: int = 0

    @property
    def relation(self):
        """Relation of the first shape to the second; "" for a single one."""
        if len(self.shapes) == 1:
            return ""
        first, second = self.shapes
        x, y = second.x - first.x, second.y - first.y
        if abs(x) > abs(y):
            return "left of" if x > 0 else "right of"
        return "above" if y > 0 else "below"

    @property
    def new(self):
        """Part that training lacks: `"shape"`, else `"pair"`, else `""`."""
        names = [(shape.colour, shape.kind) for shape in self.shapes]
        if NEW_SHAPES & set(names):
            return "shape"
        pair = sum(_NAMES.index(name) for name in names)
        return "pair" if len(names) == 2 and pair % 7 == 0 else ""


def scenes(split, count, seed=0):
    """Draws scenes; a larger `count` adds scenes only.

    In train and val, half of the scenes have one shape, the others two.

    Args:
        split: `"train"`; `"val"`; `"test"`, each scene of which has a pair of
            shapes that no scene of train or val has; or `"things"`, each scene
            of which has a shape that no scene of another split has.
        count: int.
        seed: int, not negative.

    Returns:
        List of `Scene`.

    Raises:
        ValueError: If the split is unknown, or a number is negative.
    """
    checks.check(split, SPLITS, count, seed)
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    matches = []
    while len(matches) < count:
        scene = _draw(rng)
        if scene.new == _NEW[split]:
            matches.append(scene)
    return matches


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
    """Writes the data set as a table; see `mmkeras.data.datasets.table`.

    `table.jsonl` is written last, atomically: if it exists, the data set is
    complete. Equal arguments write equal bytes.

    Args:
        folder: Folder to write `table.jsonl` and `images/`, JPEG files, to.
        train: int. Number of training images.
        val: int. Number of validation images.
        test: int. Number of test images.
        seed: int, not negative.
        size: int. Side of an image, in pixels.
        progress: Function of the number of images written so far and of all.
        workers: int. Number of processes; from 2, a script that calls this
            needs `if __name__ == "__main__"`.

    Returns:
        Path of the table, a `pathlib.Path`.

    Raises:
        ValueError: If a number is negative; nothing is written.
        OSError: If writing fails; no table is left.
    """
    folder = pathlib.Path(folder)
    table, part = folder / "table.jsonl", folder / ".table.jsonl.part"
    counts = {"train": train, "val": val, "test": test}
    by_split = {split: scenes(split, n, seed) for split, n in counts.items()}
    (folder / "images").mkdir(parents=True, exist_ok=True)
    table.unlink(missing_ok=True)  # It may list other images.
    items = [
        (split, i, scene)
        for split, content in by_split.items()
        for i, scene in enumerate(content)
    ]
    write_row = functools.partial(_write_row, folder, size)
    lines = []
    for line in _in_order(write_row, items, workers):
        lines.append(line)
        if progress is not None:
            progress(len(lines), len(items))
    part.write_text("".join(lines), encoding="utf-8", newline="\n")
    os.replace(part, table)
    return table


def oracle_captions(scenes, seed=0):
    """Draws one true caption per scene.

    All true captions are equally likely, so their scores against the references
    are below 1; a model that generates the commonest may score higher.

    Args:
        scenes: List of `Scene`.
        seed: int.

    Returns:
        List of one true caption per scene, drawn independently of its
        references.
    """
    rng = np.random.default_rng([seed, len(SPLITS)])
    return [describe(scene, rng) for scene in scenes]


def constant_caption(references):
    """Finds the commonest reference caption.

    Args:
        references: List of lists of captions, one per training image.

    Returns:
        str; among equally common ones, the first in alphabetical order.

    Raises:
        ValueError: If there is no caption.
    """
    counts = collections.Counter(itertools.chain.from_iterable(references))
    if not counts:
        raise ValueError(
            "`references` must have at least one caption. Received: no captions"
        )
    return min(counts, key=lambda caption: (-counts[caption], caption))


def _draw(rng):
    """Draws a scene of any split."""
    count = 1 if rng.random() < 0.43 else 2
    indices = rng.choice(len(_NAMES), count, replace=False)
    radii = rng.uniform(0.15, 0.2, count)
    places = _single(rng, radii) if count == 1 else _pair(rng, radii)
    angles = rng.uniform(-_ROTATION, _ROTATION, count)
    lights = rng.uniform(0.75, 1.0, count)
    values = np.column_stack([places, radii, angles, lights]).tolist()
    shapes = [Shape(*_NAMES[i], *row) for i, row in zip(indices, values)]
    return Scene(tuple(shapes), int(rng.integers(2**31)))


def _single(rng, radii):
    edge = radii[0] + _MARGIN
    return rng.uniform(edge, 1 - edge, (1, 2))


def _pair(rng, radii):
    """Draws two centres of separate shapes, in one of four directions."""
    edges = radii + _MARGIN
    distance = rng.uniform(radii.sum() + 0.08, 1 - edges.sum())
    angle = rng.integers(4) * np.pi / 2 + rng.uniform(-_DEVIATION, _DEVIATION)
    step = distance * np.array([np.cos(angle), np.sin(angle)])
    low = np.maximum(edges[0], edges[1] - step)
    high = np.minimum(1 - edges[0], 1 - edges[1] - step)
    first = rng.uniform(low, high)
    return np.stack([first, first + step])


def _write_row(folder, size, item):
    """Writes an image; returns its line of the table."""
    split, i, scene = item
    name = f"images/{split}-{i:05}.jpg"
    (folder / name).write_bytes(_jpeg(render(scene, size)))
    row = {"image": name, "captions": captions(scene), "split": split}
    return json.dumps(row) + "\n"


def _in_order(function, items, workers):
    """Yields the results of a function for each item, from processes."""
    if workers == 1:
        yield from map(function, items)
        return
    # Not forked: threads of TensorFlow may hold locks.
    context = multiprocessing.get_context("spawn")
    with futures.ProcessPoolExecutor(workers, context) as pool:
        yield from pool.map(function, items, chunksize=256)


def _jpeg(pixels):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=95, subsampling=0)
    return data.getvalue()
