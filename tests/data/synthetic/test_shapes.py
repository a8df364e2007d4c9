import collections
import doctest
import io
import itertools
import json

import numpy as np
import PIL.Image
import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.synthetic import shapes


def names_of(scenes):
    return {shape.name for scene in scenes for shape in scene.shapes}


def pairs_of(scenes):
    """Returns the unordered pairs of names."""
    pairs = (frozenset(shape.name for shape in s.shapes) for s in scenes)
    return {pair for pair in pairs if len(pair) == 2}


@pytest.fixture(scope="module")
def train_scenes():
    return shapes.scenes("train", 3000) + shapes.scenes("val", 500)


@pytest.fixture(scope="module")
def pair_scenes():
    return shapes.scenes("test", 600)


def test_the_example_in_the_docstring():
    result = doctest.testmod(shapes, extraglobs={"shapes": shapes})
    assert result.attempted >= 3
    assert result.failed == 0


def test_every_test_scene_is_a_new_pair(train_scenes, pair_scenes):
    new_pairs = pairs_of(pair_scenes) - pairs_of(train_scenes)
    assert names_of(pair_scenes) <= names_of(train_scenes)
    for scene in pair_scenes:
        names = frozenset(shape.name for shape in scene.shapes)
        assert names in new_pairs
        assert scene.new == "pair"


def test_every_scene_of_things_has_a_new_shape(train_scenes):
    scenes = shapes.scenes("things", 300)
    new_names = names_of(scenes) - names_of(train_scenes)
    assert new_names == {f"{c} {k}" for c, k in shapes.NEW_SHAPES}
    for scene in scenes:
        assert new_names & names_of([scene])
        assert scene.new == "shape"


def test_training_shows_each_colour_and_shape_alone(train_scenes):
    words = {word for name in names_of(train_scenes) for word in name.split()}
    assert words == {*shapes.COLOURS, *shapes.SHAPES}
    assert len(names_of(train_scenes)) == 8 * 5 - 5
    assert not any(scene.new for scene in train_scenes)


def test_relations_and_counts_are_balanced(train_scenes):
    counts = collections.Counter(scene.relation for scene in train_scenes)
    assert 0.45 < counts.pop("") / len(train_scenes) < 0.55
    assert set(counts) == {"left of", "right of", "above", "below"}
    assert min(counts.values()) > 0.85 * max(counts.values())


def test_shapes_are_inside_separate_and_clearly_related(pair_scenes):
    for scene in pair_scenes:
        for shape in scene.shapes:
            low, high = shape.radius, 1 - shape.radius
            assert low < shape.x < high and low < shape.y < high
        for a, b in itertools.combinations(scene.shapes, 2):
            x, y = abs(a.x - b.x), abs(a.y - b.y)
            assert np.hypot(x, y) > a.radius + b.radius
            assert max(x, y) > 2 * min(x, y)
            assert a.name != b.name


@pytest.mark.parametrize(
    "x, y, relation",
    [
        (0.8, 0.4, "left of"),
        (0.2, 0.6, "right of"),
        (0.4, 0.8, "above"),
        (0.6, 0.2, "below"),
    ],
)
def test_relation_is_the_firsts_to_the_second(x, y, relation):
    first = shapes.Shape("red", "circle", 0.5, 0.5)
    second = shapes.Shape("blue", "square", x, y)
    assert shapes.Scene((first, second)).relation == relation


def test_scenes_are_the_same_for_the_same_seed():
    assert shapes.scenes("val", 30, 5) == shapes.scenes("val", 50, 5)[:30]
    assert shapes.scenes("val", 30, 5) != shapes.scenes("val", 30, 6)
    assert shapes.scenes("val", 30, 5) != shapes.scenes("train", 30, 5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ("dev", 3),
            "`split` must be one of 'train', 'val', 'test', 'things'.*'dev'",
        ),
        (("val", -1), "count=-1"),
        (("val", 3, -2), "seed=-2"),
    ],
)
def test_invalid_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        shapes.scenes(*arguments)


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_writes_the_same_bytes_for_the_same_seed(tmp_path):
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        shapes.write(tmp_path / name, train=4, val=2, test=1, seed=seed)
    first = everything(tmp_path / "a")
    assert len(first) == 1 + 4 + 2 + 1
    assert everything(tmp_path / "b") == first
    other = everything(tmp_path / "c")
    assert other.keys() == first.keys()
    assert all(other[name] != first[name] for name in first)


def test_several_processes_write_the_same_bytes(tmp_path):
    shapes.write(tmp_path / "one", train=300, val=2, test=1, size=16)
    progress = []
    shapes.write(
        tmp_path / "two",
        train=300,
        val=2,
        test=1,
        size=16,
        progress=lambda *at: progress.append(at),
        workers=2,
    )
    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    assert progress == [(done, 303) for done in range(1, 304)]


def test_the_table_says_what_the_images_show(tmp_path):
    progress = []
    path = shapes.write(
        tmp_path,
        6,
        3,
        4,
        seed=1,
        size=48,
        progress=lambda *at: progress.append(at),
    )
    assert path == tmp_path / "table.jsonl"
    assert progress == [(done, 13) for done in range(1, 14)]
    row = json.loads(path.read_text().splitlines()[0])
    assert row["image"] == "images/train-00000.jpg"
    for split, count in {"train": 6, "val": 3, "test": 4}.items():
        scenes = shapes.scenes(split, count, seed=1)
        rows = datasets.get(tmp_path).rows(split)
        assert [r["captions"] for r in rows] == [
            shapes.captions(scene) for scene in scenes
        ]
        for scene, raw in zip(scenes, datasets.get(path).load(split)):
            image = PIL.Image.open(io.BytesIO(raw["image"].numpy()))
            assert image.format == "JPEG"
            pixels = shapes.render(scene, 48).astype(float)
            assert abs(np.asarray(image) - pixels).mean() < 3
    assert check.check(path).ok


def test_an_interrupted_write_leaves_no_table(tmp_path, monkeypatch):
    shapes.write(tmp_path, train=2, val=0, test=0)

    def full(scene, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shapes, "render", full)
    with pytest.raises(OSError, match="No space left"):
        shapes.write(tmp_path, train=2, val=0, test=0, seed=1)
    assert list(tmp_path.glob("*table*")) == []


def test_an_invalid_write_leaves_the_old_table(tmp_path):
    path = shapes.write(tmp_path, train=2, val=0, test=0)
    before = everything(tmp_path)
    with pytest.raises(ValueError, match="count=-1"):
        shapes.write(tmp_path, train=2, val=0, test=-1, seed=1)
    assert path.exists()
    assert everything(tmp_path) == before


def test_oracle_captions_are_correct_and_independent_of_references(pair_scenes):
    captions = shapes.oracle_captions(pair_scenes)
    assert captions == shapes.oracle_captions(pair_scenes)
    assert captions != shapes.oracle_captions(pair_scenes, seed=1)
    pairs = list(zip(captions, pair_scenes))
    assert all(shapes.check_caption(c, s).correct for c, s in pairs)
    in_references = [c in shapes.captions(s) for c, s in pairs]
    assert 0.2 < np.mean(in_references) < 0.5  # 5 of 20, or 5 of 8, by chance.


def test_constant_caption_is_the_commonest(train_scenes):
    references = [shapes.captions(scene) for scene in train_scenes]
    counts = collections.Counter(itertools.chain.from_iterable(references))
    caption = shapes.constant_caption(references)
    assert counts[caption] == max(counts.values()) > 1
    assert shapes.constant_caption([["b", "a"], ["b", "a", "c"]]) == "a"
    expected = "`references` must have at least one caption"
    with pytest.raises(ValueError, match=expected):
        shapes.constant_caption([])
