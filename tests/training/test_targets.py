import numpy as np

from mmkeras.data import codecs
from mmkeras.training.targets import Targets
from mmkeras.training.targets import errors

LABEL = codecs.Labels(["a", "b", "c"], others=True)


def test_classes_are_one_hot_and_others_nothing():
    targets = Targets(LABEL, [{"label": x} for x in "bzc"], (None, 3))
    assert targets.labels.tolist() == [1, -1, 2]
    assert targets.weight.tolist() == [1, 1, 1]
    assert targets.of(np.array([2, 0, 1])).tolist() == [
        *[[0, 0, 1], [0, 1, 0], [0, 0, 0]]
    ]


def test_people_are_taught_by_their_shares():
    rows = [
        {"label": "a", "answers": ["a", "a", "b", "z"]},
        {"label": "c", "answers": None},
    ]
    targets = Targets(LABEL, rows, (None, 3))
    assert targets.of(np.arange(2)).tolist() == [[0.5, 0.25, 0], [0, 0, 1]]


def test_sequences_weigh_nothing_beyond_their_end():
    rows = [{"label": ["a", "b"]}, {"label": ["c", "c", "a", "b"]}]
    targets = Targets(LABEL, rows, (None, 3, 3))
    assert targets.weight.tolist() == [[1, 1, 0], [1, 1, 1]]
    assert targets.labels.tolist() == [0, 1, 2, 2, 0]  # Too long: cut.
    taught = targets.of(np.arange(2))
    assert taught.shape == (2, 3, 3) and not taught[0, 2].any()
    assert taught[1].argmax(axis=1).tolist() == [2, 2, 0]


def test_several_labels_and_numbers():
    label = codecs.Labels(["a", "b"], "multi")
    targets = Targets(label, [{"label": ["b"]}, {"label": []}], (None, 2))
    assert targets.of(np.arange(2)).tolist() == [[0, 1], [0, 0]]
    number = codecs.Labels(kind="number")
    targets = Targets(number, [{"label": 0.5}, {"label": -2}], (None, 1))
    assert targets.of(np.arange(2)).tolist() == [0.5, -2]
    assert targets.labels.tolist() == [0.5, -2]


def test_labels_that_cannot_be_encoded_are_named():
    rows = [{"label": "a"}, {"label": "z"}]
    label = codecs.Labels(["a", "b"])
    first, second = errors(label, rows)
    assert first == "" and "'z'" in second and "a, b" in second
    steps = [{"label": ["a", "b"], "ids": "12"}, {"label": "az", "ids": "34"}]
    first, second = errors(label, steps)
    assert first == "" and "'z'" in second
    assert errors(LABEL, rows) == ["", ""]
