import numpy as np
import pytest

from mmkeras.data import column_choice

COUNT = 60
RNG = np.random.default_rng(0)
LABELS = ["ab"[i % 3 == 0] for i in range(COUNT)]
PRICES = (RNG.integers(100, 9999, COUNT) / 100).tolist()


def choose(labels=LABELS, **table):
    return column_choice.choose(table, labels)


def test_numbers_and_few_different_texts_are_chosen():
    years = RNG.integers(1990, 2020, COUNT).tolist()
    brands = RNG.choice(["Acme", "Bolt", "Coda"], COUNT).tolist()
    flags = RNG.choice([True, False], COUNT).tolist()
    prices = [str(price) for price in PRICES[:-1]] + [""]
    choice = choose(price=prices, year=years, brand=brands, new=flags)
    assert choice.numbers == ["price", "year"]
    assert choice.categories == ["brand", "new"]
    assert not choice.left_out and not choice.leaks
    assert "numbers: price, year. Columns of categories: brand, new. " in (
        choice.describe()
    )


@pytest.mark.parametrize(
    "name, column, reason",
    [
        ("user_id", PRICES, "named like an id"),
        ("userId", PRICES, "named like an id"),
        ("Unnamed: 0", PRICES, "named like an id"),
        ("thumbnail_url", ["a", "b"] * 30, "named like a file"),
        ("fold", [1, 2, 3] * 20, "named like a split"),
        ("target_name", ["a", "b"] * 30, "named like a label"),
        ("number", range(COUNT), "like an id"),
        ("number", [1.0 + i for i in range(COUNT)], "like an id"),
        ("cover", [f"{i % 3}.jpg" for i in range(COUNT)], "names of files"),
        ("title", [f"title {i}" for i in range(COUNT)], "60 different texts"),
        ("zip", [f"0{i}" for i in range(COUNT)], "60 different texts"),
        ("price", [*PRICES[:-1], "ask"], "not all numbers: 'ask'"),
        ("price", [*PRICES[:-1], "inf"], "infinite"),
        ("one", [1] * COUNT, "the same in all rows"),
        ("none", [None] * COUNT, "empty"),
        ("list", [[1, 2]] * COUNT, "not one text or number"),
    ],
)
def test_what_may_be_no_input_is_left_out_and_said(name, column, reason):
    choice = choose(**{name: list(column)})
    assert choice.numbers == choice.categories == choice.leaks == []
    assert reason in choice.left_out[name]
    assert f"left out: {name} (" in choice.describe()


@pytest.mark.parametrize(
    "column",
    [
        [{"a": "yes", "b": "no"}[label] for label in LABELS],
        [{"a": 0, "b": 1}[label] for label in LABELS],
        [f"{label}{i % 2}" for i, label in enumerate(LABELS)],
        [{"a": 0, "b": 100}[x] + y for x, y in zip(LABELS, PRICES)],
    ],
)
def test_what_tells_the_label_of_every_row_is_left_out(column):
    choice = choose(grade=column, price=PRICES)
    assert choice.leaks == ["grade"] and choice.numbers == ["price"]
    assert "tells the label" in choice.left_out["grade"]
    spoilt = [column[1], *column[1:]]  # The first row has another label.
    assert not choose(grade=spoilt).leaks


def test_another_unit_of_a_label_that_is_a_number_is_left_out():
    labels = [2.5 * price + 1 for price in PRICES]
    assert choose(labels, grade=PRICES).leaks == ["grade"]
    noisy = [price + i % 7 for i, price in enumerate(PRICES)]
    assert not choose(labels, grade=noisy).leaks


def test_too_few_rows_are_no_evidence():
    assert not column_choice.leaks({"x": [1.5, 2.5]}, ["a", "b"], "numbers")


def test_nothing_is_said_without_columns():
    assert choose().describe() == ""
