import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from mmkeras.data.synthetic import shapes

RELATION = {
    "left": "left of",
    "right": "right of",
    "above": "above",
    "over": "above",
    "below": "below",
    "under": "below",
}
WORDS = [
    *shapes.COLOURS,
    *shapes.SHAPES,
    *RELATION,
    *"a the is there with it of to only".split(),
]
unhurried = settings(deadline=None)
seeds = st.integers(0, 10**6)
scenes = st.builds(
    lambda split, seed: shapes.scenes(split, 1, seed)[0],
    st.sampled_from(["train", "test"]),
    seeds,
)


def scene_of(*things):
    """`scene_of("red circle", "blue square")`: the first is on the left."""
    places = [0.25, 0.75]
    return shapes.Scene(
        tuple(
            shapes.Thing(*name.split(), x, 0.5)
            for name, x in zip(things, places)
        )
    )


def said(scene, seed):
    return shapes.describe(scene, np.random.default_rng(seed))


def all_said(scene):
    """What is said of a scene, sooner or later."""
    rng = np.random.default_rng(0)
    return {shapes.describe(scene, rng) for _ in range(400)}


PAIR = scene_of("red circle", "blue square")
ONE = scene_of("red circle")


@pytest.mark.parametrize(
    "caption",
    [
        "a red circle left of a blue square",
        "a red circle is to the left of a blue square",
        "there is a blue square right of a red circle",
        "the blue square is to the right of the red circle",
        "a blue square with a red circle left of it",
        "a red circle with a blue square to the right of it",
        "A red circle is left of a blue square.",
    ],
)
def test_right_of_a_pair(caption):
    assert shapes.judge(caption, PAIR) == shapes.Verdict()
    assert shapes.judge(caption, PAIR).right


@pytest.mark.parametrize(
    "caption, wrong",
    [
        ("a green circle is left of a blue square", "colour"),
        ("a red star is left of a blue square", "shape"),
        ("a red circle is right of a blue square", "relation"),
        ("a red circle is above a blue square", "relation"),
        ("a blue square is left of a red circle", "relation"),
        ("a blue square with a red circle right of it", "relation"),
        ("a blue circle is left of a red square", "colour"),
        ("a blue circle is left of a blue square", "colour"),
        ("a green star is left of a blue square", "colour shape"),
        ("a green star is above a pink cross", "colour shape relation"),
        ("a red circle", "count"),
        ("a single blue square", "count"),
        ("there is a green circle", "count colour"),
        ("a red circle left of", "grammar count"),
        ("a red circle left of a blue square left of", "grammar"),
        ("a red circle left of a blue", "grammar shape"),
        ("a circle is left of a blue square", "grammar colour"),
        ("red circle left of blue square", "grammar"),
        ("a red circle and a blue square", "grammar relation"),
        ("a red circle left above a blue square", "grammar relation"),
        ("a blue square a blue square left of a red circle", "grammar count"),
        ("a red circle " * 2000, "grammar count"),
        ("a cat sleeps", "grammar count"),
        ("", "grammar count"),
    ],
)
def test_wrong_of_a_pair(caption, wrong):
    verdict = shapes.judge(caption, PAIR)
    assert verdict.wrong == tuple(wrong.split())
    assert not verdict.right


@pytest.mark.parametrize(
    "caption, wrong",
    [
        ("a red circle", ""),
        ("there is only a red circle", ""),
        ("the picture shows a red circle", ""),
        ("one red circle and nothing else", ""),
        ("a red square", "shape"),
        ("a single blue circle", "colour"),
        ("a pink star stands alone", "colour shape"),
        ("a red circle is left of a blue square", "count"),
        ("a blue square is left of a red circle", "count"),
        ("a red circle above it", "grammar relation"),
        ("a red red circle", "grammar count"),
        ("a red", "grammar shape"),
    ],
)
def test_of_one_thing(caption, wrong):
    assert shapes.judge(caption, ONE).wrong == tuple(wrong.split())


def test_things_that_share_a_colour_or_a_shape():
    scene = scene_of("red circle", "red square")
    caption = "a red square is right of a red circle"
    assert shapes.judge(caption, scene).right
    caption = "a red circle is left of a red circle"
    assert shapes.judge(caption, scene).wrong == ("shape",)
    caption = "a red circle is right of a red square"
    assert shapes.judge(caption, scene).wrong == ("relation",)


@unhurried
@given(scenes, seeds)
def test_what_is_said_is_right(scene, seed):
    assert shapes.judge(said(scene, seed), scene).right
    references = shapes.captions(scene)
    assert len(set(references)) == 5
    assert all(shapes.judge(text, scene).right for text in references)
    assert set(references) <= all_said(scene)


def swapped(data, caption, kind):
    """A caption with one word of a kind changed for another."""
    words = caption.split()
    places = [i for i, word in enumerate(words) if word in kind]
    place = data.draw(st.sampled_from(places))
    others = [word for word in kind if word != words[place]]
    words[place] = data.draw(st.sampled_from(others))
    return " ".join(words)


@unhurried
@given(scenes, seeds, st.data())
def test_another_colour_is_wrong(scene, seed, data):
    caption = swapped(data, said(scene, seed), list(shapes.COLOURS))
    assert shapes.judge(caption, scene).wrong == ("colour",)


@unhurried
@given(scenes, seeds, st.data())
def test_another_shape_is_wrong(scene, seed, data):
    caption = swapped(data, said(scene, seed), shapes.SHAPES)
    assert shapes.judge(caption, scene).wrong == ("shape",)


@unhurried
@given(scenes.filter(lambda s: s.relation), seeds, st.data())
def test_another_relation_is_wrong(scene, seed, data):
    caption = said(scene, seed)
    claimed = next(w for w in caption.split() if w in RELATION)
    others = [w for w in RELATION if RELATION[w] != RELATION[claimed]]
    other = data.draw(st.sampled_from(others))
    old = f"{claimed} of" if claimed in ("left", "right") else claimed
    old = f"to the {old}" if f"to the {old}" in caption else old
    new = f"{other} of" if other in ("left", "right") else other
    caption = caption.replace(f" {old} ", f" {new} ")
    assert shapes.judge(caption, scene).wrong == ("relation",)


@unhurried
@given(scenes, seeds, st.data())
def test_a_missing_colour_or_shape_is_wrong(scene, seed, data):
    words = said(scene, seed).split()
    named = {*shapes.COLOURS, *shapes.SHAPES}
    places = [i for i, word in enumerate(words) if word in named]
    del words[data.draw(st.sampled_from(places))]
    verdict = shapes.judge(" ".join(words), scene)
    assert verdict.wrong[0] == "grammar"
    assert len(verdict.wrong) > 1


@unhurried
@given(
    scenes,
    st.one_of(
        st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
    ),
)
def test_any_text_is_judged_and_none_is_right_by_chance(scene, caption):
    verdict = shapes.judge(caption, scene)
    assert set(verdict.wrong) <= set(
        ["grammar", "count", "colour", "shape", "relation"]
    )
    if verdict.right:
        assert " ".join(caption.lower().split()) in all_said(scene)


def test_all_ways_of_saying_it():
    assert len(all_said(PAIR)) == 20
    assert len(all_said(ONE)) == 8
