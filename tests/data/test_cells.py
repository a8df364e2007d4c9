import math

import numpy as np
import pytest

from mmkeras.data import cells


@pytest.mark.parametrize(
    "cell, number",
    [("3", 3.0), (" -1.5e2 ", -150.0), (True, 1.0), (np.int64(7), 7.0)],
)
def test_numbers_are_read(cell, number):
    assert cells.to_finite_number(cell) == cells.to_number(cell) == number


@pytest.mark.parametrize("cell", [None, "", "  ", "NA", "n/a", "NaN", math.nan])
def test_missing_numbers_are_none(cell):
    assert cells.to_finite_number(cell) is None
    assert math.isnan(cells.to_number(cell))


@pytest.mark.parametrize("cell", ["x", "1,5", "1_0", [1], b"\xff", 10**400])
def test_other_cells_are_no_numbers(cell):
    with pytest.raises(ValueError, match="expected a number. Received: "):
        cells.to_finite_number(cell)


@pytest.mark.parametrize("cell", ["inf", -math.inf, 1e300])
def test_infinite_numbers_are_refused(cell):
    with pytest.raises(ValueError, match="expected a finite number. Received"):
        cells.to_finite_number(cell)


@pytest.mark.parametrize(
    "cell, category",
    [
        (" Acme\t", "Acme"),
        (b"Acme", "Acme"),
        (3, "3"),
        (3.0, "3"),
        (3.5, "3.5"),
        (True, "true"),
        (None, None),
        (math.nan, None),
        (" ", None),
        ("NA", "NA"),
    ],
)
def test_categories_are_texts(cell, category):
    assert cells.to_category(cell) == category


def test_lists_are_no_categories():
    with pytest.raises(ValueError, match="expected a text or a number"):
        cells.to_category(["a"])
