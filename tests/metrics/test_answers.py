import pytest

from mmkeras.metrics import normalized
from mmkeras.metrics import vqa_accuracy


@pytest.mark.parametrize(
    "answer, expected",
    [
        ("The dog", "dog"),
        ("an apple  and a\tpear\n", "apple and pear"),
        ("Two", "2"),
        ("none", "0"),
        ("ten eleven", "10 eleven"),
        ("dont know", "don't know"),
        ("couldnt've", "couldn't've"),
        ("couldn'tve", "couldn't've"),
        ("yall'd've", "y'all'd've"),
        ("twas ma'am", "'twas ma'am"),
        ("lets", "lets"),  # Not among the official ones.
        ("somebody'd", "somebodyd"),  # So in the official code.
        ("black/white", "black white"),
        ("black / white", "black white"),
        ("t-shirt", "t shirt"),
        ("yes, it is", "yes it is"),
        ("1,000", "1000"),
        ("1,000-2,000", "10002000"),  # A comma in numbers drops all signs.
        ("yes.", "yes"),
        ("u.s.", "us"),
        ("3.5", "3.5"),
        ("10:30", "10:30"),
        ("it's", "it's"),
        ("what?!", "what"),
        ("", ""),
    ],
)
def test_normalizes_as_the_official_evaluation(answer, expected):
    assert normalized(answer) == expected


@pytest.mark.parametrize("same", range(11))
def test_leaves_each_person_out_in_turn(same):
    answers = ["yes"] * same + ["no"] * (10 - same)
    # Of the ten subsets of nine, `same` have one match less.
    less = min(1, max(same - 1, 0) / 3)
    expected = (same * less + (10 - same) * min(1, same / 3)) / 10
    assert vqa_accuracy("yes", answers) == pytest.approx(expected)


def test_known_values():
    scores = {0: 0, 1: 0.3, 2: 0.6, 3: 0.9, 4: 1}
    for same, expected in scores.items():
        answers = ["2"] * same + ["3"] * (10 - same)
        assert vqa_accuracy("two", answers) == pytest.approx(
            expected if same < 10 else 1
        )


def test_unanimous_answers_are_compared_without_normalization():
    assert vqa_accuracy("dog", ["the dog"] * 10) == 0
    assert vqa_accuracy("the dog", ["the dog"] * 10) == 1
    assert vqa_accuracy("dog", ["the dog"] * 9 + ["cat"]) == 1


def test_a_single_reference_answer():
    assert vqa_accuracy("Two", ["2"]) == 1
    assert vqa_accuracy("three", ["2"]) == 0
    with pytest.raises(ValueError, match="Received: answers=\\[\\]"):
        vqa_accuracy("2", [])


@pytest.mark.parametrize("answer", ["yes ", "\tyes", "yes\n", " yes"])
def test_white_space_around_an_answer_does_not_count(answer):
    assert vqa_accuracy(answer, ["yes"] * 10) == 1
    assert vqa_accuracy("yes", [answer] * 10) == 1
    assert vqa_accuracy("yes", [answer, "yes"] * 5) == 1
    assert vqa_accuracy("Yes", ["yes"] * 10) == 0  # As the official code.
