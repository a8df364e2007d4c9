import pytest

from mmkeras.data import label_column
from mmkeras.data import label_kinds


@pytest.mark.parametrize(
    "cells, target, labels",
    [
        (["b", "a"], "class", ["b", "a"]),
        (["0", "1", "1"], "class", ["0", "1", "1"]),
        (["0.0", "1.0", "1"], "class", ["0", "1", "1"]),
        ([0.0, 1.0, 1], "class", ["0", "1", "1"]),
        (["007", "7"], "class", ["007", "7"]),
        (["-1", "+1"], "class", ["-1", "1"]),
        (["True", "FALSE"], "class", ["true", "false"]),
        ([True, "false", False], "class", ["true", "false", "false"]),
        (["True", "unclear"], "class", ["True", "unclear"]),
        (["nan", "naan", "inf"], "class", ["nan", "naan", "inf"]),
        (["a", 3], "class", ["a", "3"]),
        ([1.5, "2"], "number", [1.5, 2.0]),
        (["1e-3", "-.5"], "number", [0.001, -0.5]),
        (["a", ["b"]], "labels", [["a"], ["b"]]),
        ([[], ["b", "b "]], "labels", [[], ["b"]]),
        (["e\u0301", "\u00e9"], "class", ["\u00e9", "\u00e9"]),
        (["\u0663", "1_0"], "class", ["\u0663", "1_0"]),
    ],
)
def test_decides_what_a_column_is(cells, target, labels):
    column = label_column.read(cells)
    assert (column.target, column.labels) == (target, labels)
    assert column.errors == [""] * len(cells)
    # The labels have the same type when it is inferred again.
    assert label_kinds.infer(column.labels) == target


def test_many_whole_numbers_are_a_number_unless_they_count():
    ages = [18 + i % 60 for i in range(200)]
    assert label_column.read(ages).target == "number"
    assert label_column.read([str(age) for age in ages]).target == "number"
    assert "--target class" in label_column.read(ages).notes[0]
    assert label_column.read([i % 60 for i in range(200)]).target == "class"
    assert label_column.read(list(range(200))).target == "number"


def test_bars_separate_labels_where_there_are_several():
    column = label_column.read([["pos", " glad"], "neg", "1|2"])
    assert column.labels == [["pos", "glad"], ["neg"], ["1", "2"]]
    column = label_column.read([["pos", ""], "|", "neg"])
    assert [bool(error) for error in column.errors] == [True, True, False]
    assert label_column.read(["a|b", "c"]).labels == ["a|b", "c"]


def test_a_target_overrides_the_cells():
    assert label_column.read(["1", "2"], "number").labels == [1.0, 2.0]
    assert label_column.read(["1.0", "1.5"], "class").labels == ["1.0", "1.5"]
    assert label_column.read(["1", "b"], "labels").labels == [["1"], ["b"]]
    assert label_column.read([["a"], "b"], "class").labels == ["a", "b"]
    assert label_column.read(["1", "b"], "number").labels == [1.0, None]
    assert label_column.read([["a", "b"], "b"], "class").labels == [None, "b"]
    with pytest.raises(ValueError, match="class, labels, number.*'single'"):
        label_column.read([], "single")


def test_notes_on_unusual_columns():
    (note,) = label_column.read([" pos", "pos", "neg", "neg"]).notes
    assert "white space" in note and "changed: 1, the first ' pos'" in note
    (note,) = label_column.read(["Pos", "pos", "pos", "Pos"]).notes
    assert "Pos, pos" in note
    (note,) = label_column.read([f"text {i}" for i in range(30)]).notes
    assert "30 rows have 30 different classes" in note
    (note,) = label_column.read(["1", "2", "1", "2"]).notes
    assert "--target number" in note
    assert label_column.read(["a", "b", "a", "b"]).notes == []


@pytest.mark.parametrize(
    "labels, text",
    [
        (["bad", "good", "bad"], "2 classes (bad, good)"),
        ([["a"], ["a", "b"], []], "several of 2 labels (a, b)"),
        ([0.5, 9.2, 1.0], "number from 0.5 to 9.2"),
        ([str(i % 12) for i in range(36)], "12 classes (0, 1, 10, 11, "),
    ],
)
def test_describes_labels(labels, text):
    assert label_kinds.describe(labels).startswith(f"label: {text}")
