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


def things_of(scenes):
    return {t.name for scene in scenes for t in scene.things}


def pairs_of(scenes):
    """Unordered pairs of names."""
    pairs = (frozenset(thing.name for thing in s.things) for s in scenes)
    return {pair for pair in pairs if len(pair) == 2}


@pytest.fixture(scope="module")
def trained():
    return shapes.scenes("train", 3000) + shapes.scenes("val", 500)


@pytest.fixture(scope="module")
def tested():
    return shapes.scenes("test", 600)


def test_the_example_in_the_docstring():
    found = doctest.testmod(shapes, extraglobs={"shapes": shapes})
    assert found.attempted >= 3
    assert found.failed == 0


def test_every_test_scene_is_a_new_pair(trained, tested):
    new_pairs = pairs_of(tested) - pairs_of(trained)
    assert things_of(tested) <= things_of(trained)
    for scene in tested:
        names = frozenset(thing.name for thing in scene.things)
        assert names in new_pairs
        assert scene.new == "pair"


def test_every_scene_of_things_has_a_new_thing(trained):
    found = shapes.scenes("things", 300)
    new_things = things_of(found) - things_of(trained)
    assert new_things == {f"{c} {s}" for c, s in shapes.NEW_THINGS}
    for scene in found:
        assert new_things & {thing.name for thing in scene.things}
        assert scene.new == "thing"


def test_training_shows_each_colour_and_shape_alone(trained):
    words = {word for name in things_of(trained) for word in name.split()}
    assert words == {*shapes.COLOURS, *shapes.SHAPES}
    assert len(things_of(trained)) == 8 * 5 - 5
    assert not any(scene.new for scene in trained)


def test_relations_and_counts_are_balanced(trained):
    counts = collections.Counter(scene.relation for scene in trained)
    assert 0.45 < counts.pop("") / len(trained) < 0.55
    assert set(counts) == {"left of", "right of", "above", "below"}
    assert min(counts.values()) > 0.85 * max(counts.values())


def test_things_are_in_the_image_apart_and_clearly_related(tested):
    for scene in tested:
        for thing in scene.things:
            low, high = thing.radius, 1 - thing.radius
            assert low < thing.x < high and low < thing.y < high
        for a, b in itertools.combinations(scene.things, 2):
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
    first = shapes.Thing("red", "circle", 0.5, 0.5)
    second = shapes.Thing("blue", "square", x, y)
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
def test_refuses_scenes_that_cannot_be(arguments, message):
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
    counted = []
    shapes.write(
        tmp_path / "two",
        train=300,
        val=2,
        test=1,
        size=16,
        progress=lambda *at: counted.append(at),
        workers=2,
    )
    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    assert counted == [(done, 303) for done in range(1, 304)]


def test_the_table_says_what_the_images_show(tmp_path):
    counted = []
    path = shapes.write(
        tmp_path,
        6,
        3,
        4,
        seed=1,
        size=48,
        progress=lambda *at: counted.append(at),
    )
    assert path == tmp_path / "table.jsonl"
    assert counted == [(done, 13) for done in range(1, 14)]
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
            drawn = shapes.render(scene, 48).astype(float)
            assert abs(np.asarray(image) - drawn).mean() < 3
    assert check.check(path).ok


def test_a_broken_off_writing_leaves_no_table(tmp_path, monkeypatch):
    shapes.write(tmp_path, train=2, val=0, test=0)

    def full(scene, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shapes, "render", full)
    with pytest.raises(OSError, match="No space left"):
        shapes.write(tmp_path, train=2, val=0, test=0, seed=1)
    assert list(tmp_path.glob("*table*")) == []


def test_a_refused_writing_leaves_the_old_table(tmp_path):
    path = shapes.write(tmp_path, train=2, val=0, test=0)
    before = everything(tmp_path)
    with pytest.raises(ValueError, match="count=-1"):
        shapes.write(tmp_path, train=2, val=0, test=-1, seed=1)
    assert path.exists()
    assert everything(tmp_path) == before


def test_ceiling_speaks_the_truth_in_its_own_words(tested):
    said = shapes.ceiling(tested)
    assert said == shapes.ceiling(tested) != shapes.ceiling(tested, seed=1)
    assert all(shapes.judge(c, s).right for c, s in zip(said, tested))
    copied = [c in shapes.captions(s) for c, s in zip(said, tested)]
    assert 0.2 < np.mean(copied) < 0.5  # 5 of 20, or 5 of 8, by chance.


def test_same_for_all_is_the_commonest(trained):
    references = [shapes.captions(scene) for scene in trained]
    counts = collections.Counter(itertools.chain.from_iterable(references))
    said = shapes.same_for_all(references)
    assert counts[said] == max(counts.values()) > 1
    assert shapes.same_for_all([["b", "a"], ["b", "a", "c"]]) == "a"
    expected = "`references` must have at least one caption"
    with pytest.raises(ValueError, match=expected):
        shapes.same_for_all([])
