import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from mmkeras import metrics
from mmkeras.metrics import classification
from mmkeras.metrics import regression

ONE_HOT = np.eye(3, dtype=bool)
LABELS = [0, 0, 0, 1, 1, 2]
PREDICTED = [0, 0, 1, 1, 0, 1]


def test_f1_by_hand():
    true, predicted = ONE_HOT[LABELS], ONE_HOT[PREDICTED]
    each = classification.f1(true, predicted, None)
    # Class 0: TP 2, FP 1, FN 1. Class 1: TP 1, FP 2, FN 1. Class 2: FN 1.
    np.testing.assert_allclose(each, [4 / 6, 2 / 5, 0])
    assert classification.f1(true, predicted) == pytest.approx(np.mean(each))
    weighted = (3 * 4 / 6 + 2 * 2 / 5) / 6
    assert classification.f1(true, predicted, "weighted") == pytest.approx(
        weighted
    )
    assert classification.f1(true, predicted, "micro") == pytest.approx(3 / 6)


def test_confusion_by_hand():
    expected = [[2, 1, 0], [1, 1, 0], [0, 1, 0]]
    assert classification.confusion(LABELS, PREDICTED, 3).tolist() == expected


def test_brier_of_many():
    draw = np.random.default_rng(0)
    labels = draw.integers(-1, 7, 2500)
    probabilities = draw.random((2500, 7))
    truth = np.where(labels[:, None] == np.arange(7), 1.0, 0.0)
    expected = np.mean(np.sum((probabilities - truth) ** 2, axis=1))
    assert classification.brier(labels, probabilities) == pytest.approx(
        expected
    )


def test_calibration_and_brier_by_hand():
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.3, 0.7], [0.3, 0.7]])
    labels = [0, 1, 1, 1]
    # Confidence 0.8, right half the time; 0.7, right always.
    error = classification.calibration_error(labels, probabilities, bins=10)
    assert error == pytest.approx(0.5 * 0.3 + 0.5 * 0.3)
    squares = [2 * 0.04, 2 * 0.64, 2 * 0.09, 2 * 0.09]
    assert classification.brier(labels, probabilities) == pytest.approx(
        np.mean(squares)
    )


def test_a_label_outside_the_classes_counts_as_wrong():
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2]])
    scores = metrics.classification_scores([0, -1], probabilities)
    assert scores["accuracy"] == 0.5
    # Class 0: TP 1, FP 1. Class 1 is neither a label nor predicted.
    assert scores["f1_macro"] == pytest.approx(2 / 3 / 2)
    squares = [2 * 0.04, 0.64 + 0.04]
    assert scores["brier"] == pytest.approx(np.mean(squares))
    assert classification.confusion([0, -1], [0, 0], 2).tolist() == [
        *[[1, 0], [0, 0]]
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_micro_f1_of_single_labels_is_accuracy(pairs):
    labels, predicted = np.array(pairs).T
    probabilities = np.eye(4)[predicted]
    scores = metrics.classification_scores(labels, probabilities)
    assert scores["f1_micro"] == pytest.approx(scores["accuracy"])
    assert scores["brier"] == pytest.approx(2 * (1 - scores["accuracy"]))
    assert scores["calibration_error"] == pytest.approx(1 - scores["accuracy"])
    counts = classification.confusion(labels, predicted, 4)
    assert counts.sum() == len(pairs)
    assert np.trace(counts) / len(pairs) == pytest.approx(scores["accuracy"])


def test_several_labels():
    true = np.array([[1, 0], [1, 1], [0, 0]])
    probabilities = np.array([[0.9, 0.2], [0.9, 0.1], [0.6, 0.4]])
    scores = metrics.classification_scores(true, probabilities, "multi")
    assert scores["accuracy"] == pytest.approx(1 / 3)
    assert scores["f1_micro"] == pytest.approx(4 / 6)


def test_sentiment_as_the_papers_count():
    true = np.array([-3.0, -0.4, 0.0, 0.6, 2.2])
    predicted = np.array([-3.6, 0.2, -0.1, 1.4, 2.4])
    scores = regression.sentiment_scores(true, predicted)
    # Rounded: -3 -0 0 1 2 against -3 0 -0 1 2.
    assert scores["acc_7"] == 1.0
    assert scores["acc_5"] == 1.0
    assert scores["acc_2_has0"] == pytest.approx(3 / 5)
    assert scores["acc_2_non0"] == pytest.approx(3 / 4)
    assert regression.mean_absolute_error(true, predicted) == pytest.approx(
        np.mean([0.6, 0.6, 0.1, 0.8, 0.2])
    )


def test_correlation():
    x = np.arange(5.0)
    assert regression.correlation(x, 3 - 2 * x) == pytest.approx(-1)
    assert regression.correlation(x, np.ones(5)) == 0
    scores = metrics.classification_scores(x, x[:, None], "number")
    assert scores["correlation"] == pytest.approx(1) and scores["mae"] == 0


def test_answers_in_words_are_right_as_a_whole():
    true = np.array([[4, 5, 2], [4, 2, 0], [5, 2, 0]])
    predicted = np.array([[4, 5, 2], [4, 5, 2], [5, 2, 0]])
    scores = metrics.classification_scores(true, predicted, "text")
    assert scores == {"accuracy": pytest.approx(2 / 3)}
