"""What chance alone scores, where the answer is written."""

import types

import numpy as np

from mmkeras.data import codecs
from mmkeras.evaluation import baselines
from mmkeras.evaluation.questions import errors
from mmkeras.evaluation.questions import questions

CODEC = codecs.Answers(["on", "grass", "two"], length=4)
TASK = types.SimpleNamespace(codecs={"label": CODEC})
ROWS = [
    {"label": label, "type": kind, "group": group}
    for label, kind, group in (
        ("on grass", "where", 0),
        ("two", "count", 0),
        ("two", "count", 1),
        ("grass", "where", 1),
    )
]
LABELS = np.stack([CODEC(row["label"])[1:] for row in ROWS])


def test_the_commonest_answer():
    said = baselines.majority(TASK, LABELS, 3)
    assert said.tolist() == [[6, 2, 0]] * 3
    assert baselines.headline_metric(TASK) == "accuracy"
    score = baselines.scorer(TASK)
    assert score(LABELS, baselines.majority(TASK, LABELS)) == 0.5
    drawn = baselines.prior(TASK, LABELS, 2000)
    assert abs(score(np.tile(LABELS[1], (2000, 1)), drawn) - 0.5) < 0.05


def test_answers_by_type():
    examples = types.SimpleNamespace(
        rows=ROWS, labels=LABELS, groups=[row["group"] for row in ROWS]
    )
    said = LABELS.copy()
    said[0] = LABELS[3]
    found = questions(TASK, examples, said)
    assert found == {"consistency": 0.5, "type_count": 1, "type_where": 0.5}
    wrong = errors(TASK, examples, said)["where"]
    assert wrong["confused"] == [("on grass", "grass", 1)]
    assert wrong["right"] == 0.5
