import collections
import io
import math

import numpy as np
import PIL.Image
import pytest

from mmkeras.data.synthetic import digits_discussed
from mmkeras.data.synthetic.digits_discussed import Scene

SCENE = Scene(
    tuple("313035789"),
    ("red", "red", "blue", "red", "blue", "green", "red", "red", "brown"),
    ("white",) * 4 + ("cyan", "salmon", "white", "white", "yellow"),
)


@pytest.fixture(scope="module")
def images():
    """Two images per digit, with a number of pixels that tells the digit."""
    shapes = np.zeros((10, 2, 28, 28), "uint8")
    for digit in range(10):
        shapes[digit, :, 4 : 6 + digit, 4:8] = 255
    return list(shapes)


def find(turns, question):
    [pair] = [(p, t) for p, t in turns if t.question == question]
    return pair


def test_a_dialogue_by_hand():
    turn = digits_discussed.count_turn(SCENE, "digit", "3")
    assert (turn.question, turn.answer) == ("how many 3s are there?", "3")
    assert turn.cells == (0, 2, 4) and turn.probability == 1 / 3
    turns = digits_discussed.next_turns(SCENE, turn)
    assert len(turns) == 10  # Five inks, five grounds.
    probability, turn = find(turns, "how many of them are on silver?")
    assert probability == 1 / 10 and turn.answer == "0"
    assert turn.probability == pytest.approx(0.8**3)
    assert turn.cells == (0, 2, 4)  # "Them" are still the threes.
    turns = digits_discussed.next_turns(SCENE, turn)
    assert len(turns) == 9
    _, turn = find(turns, "how many of them are blue?")
    assert turn.answer == "2" and turn.cells == (2, 4)
    turns = digits_discussed.next_turns(SCENE, turn)
    _, turn = find(turns, "how many of them are on cyan?")
    assert turn.answer == "1" and turn.cells == (4,)
    assert turn.probability == max(0.75**2, 2 * 0.25 * 0.75, 0.25**2)
    # Ink and ground are certain: only a step is possible, but not to a three.
    turns = digits_discussed.next_turns(SCENE, turn)
    assert {t.question: t.answer for _, t in turns} == {
        "what is above it?": "1",
        "what is below it?": "8",
        "what is left of it?": "0",
        "what is right of it?": "5",
    }
    assert {probability for probability, _ in turns} == {1 / 4}
    _, turn = find(turns, "what is right of it?")
    turns = digits_discussed.next_turns(SCENE, turn)
    probability, ground = find(turns, "what colour is behind it?")
    assert ground.answer == "salmon" and ground.probability == 1 / 5
    assert probability == 1 / 3
    steps = [(c, t) for c, t in turns if t.kind == "step"]
    assert [(c, t.answer) for c, t in steps] == [(1 / 3, "9")]  # A 3 above.


def test_a_dialogue_may_begin_with_a_place():
    turn = digits_discussed.cell_turn(SCENE, "ground", 5)
    question = "what colour is behind the one on the right?"
    assert (turn.question, turn.answer) == (question, "salmon")
    assert turn.cells == (5,) and turn.probability == 1 / 5
    turns = digits_discussed.next_turns(SCENE, turn)
    _, step = find(turns, "what is above it?")
    assert step.answer == "3" and step.probability == 1 / 10
    assert {t.question for _, t in turns} == {
        "what digit is it?",
        "what colour is it?",
        "what is above it?",
        "what is below it?",
        "what is left of it?",
    }


def test_certain_values_are_not_asked_for():
    turn = digits_discussed.count_turn(SCENE, "digit", "7")
    probability, turn = find(
        digits_discussed.next_turns(SCENE, turn), "what colour is it?"
    )
    assert turn.answer == "red" and turn.probability == 1 / 5
    questions = {
        t.question for _, t in digits_discussed.next_turns(SCENE, turn)
    }
    assert "what colour is it?" not in questions
    assert "what colour is behind it?" in questions


def test_renders_the_same_scene_every_time(images):
    data = SCENE.render(images, np.random.default_rng(0))
    assert data == SCENE.render(images, np.random.default_rng(0))
    pixels = np.asarray(PIL.Image.open(io.BytesIO(data)))
    assert pixels.shape == (84, 84, 3)
    for cell in range(9):
        row, column = 28 * (cell // 3), 28 * (cell % 3)
        ground = digits_discussed.GROUNDS[SCENE.ground[cell]]
        ink = digits_discussed.INKS[SCENE.ink[cell]]
        patch = pixels[row : row + 28, column : column + 28]
        assert tuple(patch[0, 0]) == ground and tuple(patch[4, 4]) == ink
        inked = (patch == ink).all(-1).sum()
        assert inked == 4 * (2 + int(SCENE.digit[cell]))


def test_rows(images):
    rows = digits_discussed.rows("train", 20, images)
    assert rows[
        : len(digits_discussed.rows("train", 5, images))
    ] == digits_discussed.rows("train", 5, images)
    other = digits_discussed.rows("val", 5, images)
    assert other[0]["image"] != rows[0]["image"]
    dialogue = [row for row in rows if row["group"] == "train-0"]
    assert [row["id"] for row in dialogue][:2] == ["train-0-0", "train-0-1"]
    assert dialogue[0]["history"] is None
    turns = [f"{row['question']} {row['label']}" for row in dialogue]
    assert dialogue[-1]["history"] == "\n".join(turns[:-1])
    assert len({row["image"] for row in dialogue}) == 1
    for row in rows:
        assert row["label"] in row["candidates"].split("\n")
    more = digits_discussed.rows("train", 20, images, starts=2)
    extra = [row for row in more if row not in rows]
    assert len(more) - len(rows) == len(extra) == 2 * 20
    for row in extra:
        assert row["history"] is None
        assert (row["type"] == "count") == row["question"].startswith("how")
    assert {row["type"] for row in extra} == {"count", *KINDS}
    with pytest.raises(ValueError, match="split='tset'"):
        digits_discussed.rows("tset", 1, images)
    with pytest.raises(ValueError, match="not be negative"):
        digits_discussed.rows("val", -1, images)


KINDS = {
    "digit": list("0123456789"),
    "ink": list(digits_discussed.INKS),
    "ground": list(digits_discussed.GROUNDS),
}


def kind_of(word):
    return next(kind for kind, values in KINDS.items() if word in values)


def best_answer(history, question):
    """Returns the most likely answer, given the history but not the image."""
    many, values, other_values = 0, {}, {}
    for text, answer in [*history, (question, None)]:
        words = text[:-1].split()
        first = words[-1] == "there"
        if first:
            word = words[3] if words[2] == "on" else words[2].rstrip("s")
            kind = kind_of(word)
        if answer is None and first:
            return "2"
        if answer is None:
            break
        if first:
            many, values = int(answer), {**KINDS, kind: [word]}
            other_values = {
                name: [v for v in options if v != word]
                for name, options in KINDS.items()
            }
        elif " the " in text:
            values = {**KINDS, kind_of(answer): [answer]}
            other_values = KINDS
        elif words[0] == "how":
            kind = kind_of(words[-1])
            many = int(answer) or many
            rest = [v for v in values[kind] if v != words[-1]]
            values[kind] = [words[-1]] if int(answer) else rest
        elif words[:3] == ["what", "digit", "is"] or words[1] == "colour":
            values[kind_of(answer)] = [answer]
        else:
            values = {**other_values, "digit": [answer]}
    if " the " in question:
        digit = words[1] == "digit"
        return KINDS[
            "digit" if digit else "ground" if "behind" in words else "ink"
        ][0]
    if words[0] == "how":
        p = 1 / len(values[kind_of(words[-1])])
        probabilities = [
            math.comb(many, k) * p**k * (1 - p) ** (many - k)
            for k in range(many + 1)
        ]
        return str(int(np.argmax(probabilities)))
    kinds = {
        "what digit is it?": "digit",
        "what colour is it?": "ink",
        "what colour is behind it?": "ground",
    }
    if question in kinds:
        return values[kinds[question]][0]
    return other_values["digit"][0]


def test_accuracy_without_the_image_is_as_predicted():
    rng = np.random.default_rng(1)
    right, probabilities = [], []
    for _ in range(3000):
        history = []
        for turn in digits_discussed.draw(rng)[1]:
            right.append(best_answer(history, turn.question) == turn.answer)
            probabilities.append(turn.probability)
            history.append((turn.question, turn.answer))
    right, probabilities = np.array(right), np.array(probabilities)
    for low, high in ((0, 0.15), (0.15, 0.3), (0.3, 0.34), (0.34, 1)):
        mask = (low < probabilities) & (probabilities < high)
        error = 4 * np.sqrt(0.25 / mask.sum())
        assert right[mask].mean() == pytest.approx(
            probabilities[mask].mean(), abs=error
        )


@pytest.mark.slow
def test_ceilings_equal_simulated_accuracies():
    ceilings = digits_discussed.ceilings(25)
    assert digits_discussed.ceilings(25) == ceilings
    rng = np.random.default_rng(2)
    dialogues = [digits_discussed.draw(rng)[1] for _ in range(1000)]
    probabilities = [turn.probability for turns in dialogues for turn in turns]
    without_image, half = ceilings["history+question"]
    assert np.mean(probabilities) == pytest.approx(
        without_image, abs=2 * half + 0.01
    )
    right = []
    for _ in range(25):  # Without history: the best answer over all dialogues.
        scene, turns = digits_discussed.draw(rng)
        best = {}
        for weight, turn in digits_discussed._all_turns(scene):
            answers = best.setdefault(turn.question, collections.Counter())
            answers[turn.answer] += weight
        for turn in turns:
            [(answer, _)] = best[turn.question].most_common(1)
            right.append(answer == turn.answer)
    without_history, half = ceilings["image+question"]
    error = 3 * np.sqrt(0.25 / len(right))
    assert np.mean(right) == pytest.approx(without_history, abs=error + half)
    assert 0.2 < without_image < 0.4 and 0.5 < without_history < 0.8
