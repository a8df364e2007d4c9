import types

import numpy as np
import pytest

from mmkeras.data import codecs
from mmkeras.tasks import answers
from mmkeras.tasks import targets

OPEN = targets.make(codecs.Labels(["a", "b", "c"], allow_unknown=True))
TEXT = targets.make(codecs.Text(["on", "grass", "two"], length=4))
ROWS = [
    {"label": label, "type": kind, "group": group}
    for label, kind, group in (
        ("on grass", "where", 0),
        ("two", "count", 0),
        ("two", "count", 1),
        ("grass", "where", 1),
    )
]


def test_classes_are_one_hot_and_others_nothing():
    encoded = OPEN.encode([{"label": x} for x in "bzc"])
    assert encoded.labels.tolist() == [1, -1, 2]
    assert encoded.weight.tolist() == [1, 1, 1]
    assert encoded.take(np.array([2, 0, 1])).tolist() == [
        *[[0, 0, 1], [0, 1, 0], [0, 0, 0]]
    ]


def test_annotators_count_by_their_shares():
    rows = [
        {"label": "a", "answers": ["a", "a", "b", "z"]},
        {"label": "c", "answers": None},
    ]
    encoded = OPEN.encode(rows)
    assert encoded.take(np.arange(2)).tolist() == [[0.5, 0.25, 0], [0, 0, 1]]


def test_sequences_weigh_nothing_beyond_their_end():
    rows = [{"label": ["a", "b"]}, {"label": ["c", "c", "a", "b"]}]
    encoded = OPEN.encode(rows, steps=3)
    assert encoded.weight.tolist() == [[1, 1, 0], [1, 1, 1]]
    assert encoded.labels.tolist() == [0, 1, 2, 2, 0]  # Too long: cut.
    y = encoded.take(np.arange(2))
    assert y.shape == (2, 3, 3) and not y[0, 2].any()
    assert y[1].argmax(axis=1).tolist() == [2, 2, 0]


def test_several_labels_and_numbers():
    several = targets.make(codecs.Labels(["a", "b"], "multi"))
    encoded = several.encode([{"label": ["b"]}, {"label": []}])
    assert encoded.take(np.arange(2)).tolist() == [[0, 1], [0, 0]]
    number = targets.make(codecs.Labels(kind="number"))
    encoded = number.encode([{"label": 0.5}, {"label": -2}])
    assert encoded.take(np.arange(2)).tolist() == [0.5, -2]
    assert encoded.labels.tolist() == [0.5, -2]


def test_labels_that_cannot_be_encoded_are_named():
    rows = [{"label": "a"}, {"label": "z"}]
    target = targets.make(codecs.Labels(["a", "b"]))
    first, second = target.errors(rows)
    assert first == "" and "'z'" in second and "a, b" in second
    steps = [{"label": ["a", "b"], "ids": "12"}, {"label": "az", "ids": "34"}]
    first, second = target.errors(steps)
    assert first == "" and "'z'" in second
    assert OPEN.errors(rows) == ["", ""]


def test_texts_begin_with_the_start_and_are_padded():
    encoded = TEXT.encode([{"label": "On grass"}, {"label": "on a two"}])
    assert encoded.values.tolist() == [[1, 4, 5, 2], [1, 4, 3, 2]]  # It is cut.
    assert encoded.labels.tolist() == [[4, 5, 2], [4, 3, 2]]
    assert encoded.take(np.array([1, -1])).tolist() == [[1, 4, 3, 2], [0] * 4]
    assert encoded.lengths.tolist() == [4, 4]
    assert TEXT.texts(encoded.labels) == ["on grass", "on <unknown>"]
    assert targets.Text in type(TEXT).__mro__ and TEXT.generates


@pytest.mark.parametrize(
    "target, labels, expected",
    [
        (OPEN, [2, 1, 2, -1], [2, 2]),
        (targets.make(codecs.Labels(kind="number")), [1, 5, 2], [[2], [2]]),
        (
            targets.make(codecs.Labels(["a", "b"], "multi")),
            [[1, 0], [1, 1]],
            [[1, 0.5], [1, 0.5]],
        ),
        (TEXT, [[6, 2, 0], [4, 2, 0], [6, 2, 0]], [[6, 2, 0]] * 2),
    ],
    ids=["class", "number", "labels", "text"],
)
def test_the_majority_is_predicted_for_every_example(target, labels, expected):
    labels = np.array(labels)
    assert target.majority(labels, 2).tolist() == expected
    samples = target.prior(labels, 2000, seed=1)
    assert len(samples) == 2000
    classes = {str(x) for x in np.maximum(labels, 0).tolist()}
    assert {str(np.squeeze(x).tolist()) for x in samples} <= classes | {"0"}


def test_agreement_of_texts_is_of_whole_texts():
    labels = TEXT.encode(ROWS).labels
    majority = TEXT.majority(labels, 4)
    assert TEXT.agreement(labels, majority) == 0.5
    samples = TEXT.prior(labels, 2000)
    assert TEXT.metric == "accuracy"
    two = np.tile(labels[1], (2000, 1))
    assert abs(TEXT.agreement(two, samples) - 0.5) < 0.05


def test_answers_by_type_of_question():
    labels = TEXT.encode(ROWS).labels
    examples = types.SimpleNamespace(
        task=types.SimpleNamespace(target=TEXT),
        rows=ROWS,
        labels=labels,
        groups=[row["group"] for row in ROWS],
    )
    predictions = labels.copy()
    predictions[0] = labels[3]
    scores = answers.answer_scores(examples, predictions)
    assert scores == {"consistency": 0.5, "type_count": 1, "type_where": 0.5}
    wrong = answers.answer_errors(examples, predictions)["where"]
    assert wrong["confused"] == [("on grass", "grass", 1)]
    assert wrong["right"] == 0.5
