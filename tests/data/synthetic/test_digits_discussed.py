import collections
import io
import math

import numpy as np
import PIL.Image
import pytest

from mmkeras.data.synthetic import digits_discussed as world
from mmkeras.data.synthetic.digits_discussed import Scene

SCENE = Scene(
    tuple("313035789"),
    ("red", "red", "blue", "red", "blue", "green", "red", "red", "brown"),
    ("white",) * 4 + ("cyan", "salmon", "white", "white", "yellow"),
)


@pytest.fixture(scope="module")
def images():
    """Of each digit so many pixels more, two images."""
    shapes = np.zeros((10, 2, 28, 28), "uint8")
    for digit in range(10):
        shapes[digit, :, 4 : 6 + digit, 4:8] = 255
    return list(shapes)


def find(turns, question):
    [(chance, turn)] = [(c, t) for c, t in turns if t.question == question]
    return chance, turn


def test_a_talk_by_hand():
    turn = world.counted(SCENE, "digit", "3")
    assert (turn.question, turn.answer) == ("how many 3s are there?", "3")
    assert turn.about == (0, 2, 4) and turn.chance == 1 / 3
    turns = world.following(SCENE, turn)
    assert len(turns) == 10  # Five inks, five grounds.
    chance, turn = find(turns, "how many of them are on silver?")
    assert chance == 1 / 10 and turn.answer == "0"
    assert turn.chance == pytest.approx(0.8**3)
    assert turn.about == (0, 2, 4)  # "Them" are still the threes.
    turns = world.following(SCENE, turn)
    assert len(turns) == 9
    _, turn = find(turns, "how many of them are blue?")
    assert turn.answer == "2" and turn.about == (2, 4)
    turns = world.following(SCENE, turn)
    _, turn = find(turns, "how many of them are on cyan?")
    assert turn.answer == "1" and turn.about == (4,)
    assert turn.chance == max(0.75**2, 2 * 0.25 * 0.75, 0.25**2)
    # Ink and ground are known: a step is left, but not to a three.
    turns = world.following(SCENE, turn)
    assert {t.question: t.answer for _, t in turns} == {
        "what is above it?": "1",
        "what is below it?": "8",
        "what is left of it?": "0",
        "what is right of it?": "5",
    }
    assert {chance for chance, _ in turns} == {1 / 4}
    _, turn = find(turns, "what is right of it?")
    turns = world.following(SCENE, turn)
    chance, ground = find(turns, "what colour is behind it?")
    assert ground.answer == "salmon" and ground.chance == 1 / 5
    assert chance == 1 / 3
    steps = [(c, t) for c, t in turns if t.kind == "step"]
    assert [(c, t.answer) for c, t in steps] == [(1 / 3, "9")]  # A 3 above.


def test_a_talk_may_begin_with_a_place():
    turn = world.pointed(SCENE, "ground", 5)
    asked = "what colour is behind the one on the right?"
    assert (turn.question, turn.answer) == (asked, "salmon")
    assert turn.about == (5,) and turn.chance == 1 / 5
    turns = world.following(SCENE, turn)
    _, step = find(turns, "what is above it?")
    assert step.answer == "3" and step.chance == 1 / 10
    assert {t.question for _, t in turns} == {
        "what digit is it?",
        "what colour is it?",
        "what is above it?",
        "what is below it?",
        "what is left of it?",
    }


def test_colours_left_out_make_the_others_likelier():
    turn = world.counted(SCENE, "digit", "7")
    chance, turn = find(world.following(SCENE, turn), "what colour is it?")
    assert turn.answer == "red" and turn.chance == 1 / 5
    asked = {t.question for _, t in world.following(SCENE, turn)}
    assert "what colour is it?" not in asked
    assert "what colour is behind it?" in asked


def test_draws_the_same_scene_every_time(images):
    drawn = SCENE.draw(images, np.random.default_rng(0))
    assert drawn == SCENE.draw(images, np.random.default_rng(0))
    pixels = np.asarray(PIL.Image.open(io.BytesIO(drawn)))
    assert pixels.shape == (84, 84, 3)
    for cell in range(9):
        row, column = 28 * (cell // 3), 28 * (cell % 3)
        ground = world.GROUNDS[SCENE.ground[cell]]
        ink = world.INKS[SCENE.ink[cell]]
        patch = pixels[row : row + 28, column : column + 28]
        assert tuple(patch[0, 0]) == ground and tuple(patch[4, 4]) == ink
        inked = (patch == ink).all(-1).sum()
        assert inked == 4 * (2 + int(SCENE.digit[cell]))


def test_rows(images):
    rows = world.rows("train", 20, images)
    assert rows[: len(world.rows("train", 5, images))] == world.rows(
        "train", 5, images
    )
    other = world.rows("val", 5, images)
    assert other[0]["image"] != rows[0]["image"]
    talk = [row for row in rows if row["group"] == "train-0"]
    assert [row["id"] for row in talk][:2] == ["train-0-0", "train-0-1"]
    assert talk[0]["history"] is None
    said = [f"{row['question']} {row['label']}" for row in talk]
    assert talk[-1]["history"] == "\n".join(said[:-1])
    assert len({row["image"] for row in talk}) == 1
    for row in rows:
        assert row["label"] in row["candidates"].split("\n")
    more = world.rows("train", 20, images, starts=2)
    extra = [row for row in more if row not in rows]
    assert len(more) - len(rows) == len(extra) == 2 * 20
    for row in extra:
        assert row["history"] is None
        assert (row["type"] == "count") == row["question"].startswith("how")
    assert {row["type"] for row in extra} == {"count", *KINDS}
    with pytest.raises(ValueError, match="split='tset'"):
        world.rows("tset", 1, images)
    with pytest.raises(ValueError, match="not be negative"):
        world.rows("val", -1, images)


KINDS = {
    "digit": list("0123456789"),
    "ink": list(world.INKS),
    "ground": list(world.GROUNDS),
}


def kind_of(word):
    return next(kind for kind, values in KINDS.items() if word in values)


def guess(said, question):
    """What somebody answers who reads the talk and sees no image."""
    many, left, other = 0, {}, {}
    for asked, answer in [*said, (question, None)]:
        words = asked[:-1].split()
        first = words[-1] == "there"
        if first:
            word = words[3] if words[2] == "on" else words[2].rstrip("s")
            kind = kind_of(word)
        if answer is None and first:
            return "2"
        if answer is None:
            break
        if first:
            many, left = int(answer), {**KINDS, kind: [word]}
            other = {
                name: [v for v in values if v != word]
                for name, values in KINDS.items()
            }
        elif " the " in asked:
            left = {**KINDS, kind_of(answer): [answer]}
            other = KINDS
        elif words[0] == "how":
            kind = kind_of(words[-1])
            many = int(answer) or many
            rest = [v for v in left[kind] if v != words[-1]]
            left[kind] = [words[-1]] if int(answer) else rest
        elif words[:3] == ["what", "digit", "is"] or words[1] == "colour":
            left[kind_of(answer)] = [answer]
        else:
            left = {**other, "digit": [answer]}
    if " the " in question:
        digit = words[1] == "digit"
        return KINDS[
            "digit" if digit else "ground" if "behind" in words else "ink"
        ][0]
    if words[0] == "how":
        p = 1 / len(left[kind_of(words[-1])])
        chances = [
            math.comb(many, k) * p**k * (1 - p) ** (many - k)
            for k in range(many + 1)
        ]
        return str(int(np.argmax(chances)))
    named = {
        "what digit is it?": "digit",
        "what colour is it?": "ink",
        "what colour is behind it?": "ground",
    }
    return left[named[question]][0] if question in named else other["digit"][0]


def test_without_the_image_as_often_right_as_said():
    rng = np.random.default_rng(1)
    right, chances = [], []
    for _ in range(3000):
        said = []
        for turn in world.draw(rng)[1]:
            right.append(guess(said, turn.question) == turn.answer)
            chances.append(turn.chance)
            said.append((turn.question, turn.answer))
    right, chances = np.array(right), np.array(chances)
    for low, high in ((0, 0.15), (0.15, 0.3), (0.3, 0.34), (0.34, 1)):
        some = (low < chances) & (chances < high)
        error = 4 * np.sqrt(0.25 / some.sum())
        assert right[some].mean() == pytest.approx(
            chances[some].mean(), abs=error
        )


@pytest.mark.slow
def test_ceilings_are_what_players_score():
    found = world.ceilings(25)
    assert world.ceilings(25) == found
    rng = np.random.default_rng(2)
    talks = [world.draw(rng)[1] for _ in range(1000)]
    chances = [turn.chance for turns in talks for turn in turns]
    blind, half = found["history+question"]
    assert np.mean(chances) == pytest.approx(blind, abs=2 * half + 0.01)
    right = []
    for _ in range(25):  # One who knows all talks there may be, but not which.
        scene, turns = world.draw(rng)
        best = {}
        for weight, turn in world._all_turns(scene):
            answers = best.setdefault(turn.question, collections.Counter())
            answers[turn.answer] += weight
        for turn in turns:
            [(answer, _)] = best[turn.question].most_common(1)
            right.append(answer == turn.answer)
    forgetful, half = found["image+question"]
    error = 3 * np.sqrt(0.25 / len(right))
    assert np.mean(right) == pytest.approx(forgetful, abs=error + half)
    assert 0.2 < blind < 0.4 and 0.5 < forgetful < 0.8
