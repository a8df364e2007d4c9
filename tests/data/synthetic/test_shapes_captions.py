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
without_deadline = settings(deadline=None)
seeds = st.integers(0, 10**6)
scenes = st.builds(
    lambda split, seed: shapes.scenes(split, 1, seed)[0],
    st.sampled_from(["train", "test"]),
    seeds,
)


def scene_of(*names):
    """Makes a scene of one shape, or of two from left to right."""
    places = [0.25, 0.75]
    return shapes.Scene(
        tuple(
            shapes.Shape(*name.split(), x, 0.5)
            for name, x in zip(names, places)
        )
    )


def caption_of(scene, seed):
    return shapes.describe(scene, np.random.default_rng(seed))


def all_captions(scene):
    """Returns all captions of a scene, by sampling."""
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
def test_correct_captions_of_a_pair(caption):
    assert shapes.check_caption(caption, PAIR) == shapes.CaptionCheck()
    assert shapes.check_caption(caption, PAIR).correct


@pytest.mark.parametrize(
    "caption, errors",
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
def test_errors_of_a_pair(caption, errors):
    check = shapes.check_caption(caption, PAIR)
    assert check.errors == tuple(errors.split())
    assert not check.correct


@pytest.mark.parametrize(
    "caption, errors",
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
def test_errors_of_one_shape(caption, errors):
    assert shapes.check_caption(caption, ONE).errors == tuple(errors.split())


def test_shapes_of_one_colour_or_kind():
    scene = scene_of("red circle", "red square")
    caption = "a red square is right of a red circle"
    assert shapes.check_caption(caption, scene).correct
    caption = "a red circle is left of a red circle"
    assert shapes.check_caption(caption, scene).errors == ("shape",)
    caption = "a red circle is right of a red square"
    assert shapes.check_caption(caption, scene).errors == ("relation",)


@without_deadline
@given(scenes, seeds)
def test_captions_are_correct(scene, seed):
    assert shapes.check_caption(caption_of(scene, seed), scene).correct
    references = shapes.captions(scene)
    assert len(set(references)) == 5
    assert all(shapes.check_caption(text, scene).correct for text in references)
    assert set(references) <= all_captions(scene)


def replace_word(data, caption, vocabulary):
    """Replaces a word of the vocabulary by another of its words."""
    words = caption.split()
    places = [i for i, word in enumerate(words) if word in vocabulary]
    place = data.draw(st.sampled_from(places))
    others = [word for word in vocabulary if word != words[place]]
    words[place] = data.draw(st.sampled_from(others))
    return " ".join(words)


@without_deadline
@given(scenes, seeds, st.data())
def test_another_colour_is_wrong(scene, seed, data):
    caption = replace_word(data, caption_of(scene, seed), list(shapes.COLOURS))
    assert shapes.check_caption(caption, scene).errors == ("colour",)


@without_deadline
@given(scenes, seeds, st.data())
def test_another_shape_is_wrong(scene, seed, data):
    caption = replace_word(data, caption_of(scene, seed), shapes.SHAPES)
    assert shapes.check_caption(caption, scene).errors == ("shape",)


@without_deadline
@given(scenes.filter(lambda s: s.relation), seeds, st.data())
def test_another_relation_is_wrong(scene, seed, data):
    caption = caption_of(scene, seed)
    word = next(w for w in caption.split() if w in RELATION)
    others = [w for w in RELATION if RELATION[w] != RELATION[word]]
    other = data.draw(st.sampled_from(others))
    old = f"{word} of" if word in ("left", "right") else word
    old = f"to the {old}" if f"to the {old}" in caption else old
    new = f"{other} of" if other in ("left", "right") else other
    caption = caption.replace(f" {old} ", f" {new} ")
    assert shapes.check_caption(caption, scene).errors == ("relation",)


@without_deadline
@given(scenes, seeds, st.data())
def test_a_missing_colour_or_shape_is_wrong(scene, seed, data):
    words = caption_of(scene, seed).split()
    vocabulary = {*shapes.COLOURS, *shapes.SHAPES}
    places = [i for i, word in enumerate(words) if word in vocabulary]
    del words[data.draw(st.sampled_from(places))]
    check = shapes.check_caption(" ".join(words), scene)
    assert check.errors[0] == "grammar"
    assert len(check.errors) > 1


@without_deadline
@given(
    scenes,
    st.one_of(
        st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
    ),
)
def test_any_text_can_be_checked(scene, caption):
    check = shapes.check_caption(caption, scene)
    assert set(check.errors) <= set(
        ["grammar", "count", "colour", "shape", "relation"]
    )
    if check.correct:
        assert " ".join(caption.lower().split()) in all_captions(scene)


def test_number_of_true_captions():
    assert len(all_captions(PAIR)) == 20
    assert len(all_captions(ONE)) == 8
