"""Tables with columns of numbers and categories."""

import json

import numpy as np
import pytest

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data import examples
from mmkeras.data.datasets import columns
from mmkeras.data.datasets.own import OwnData

NAMES = {"numbers": "price,year", "categories": "brand"}
HEADER = "text,Price,year,brand,sku,label,split"
LINES = [
    "a cup,1.5,2001,Acme,s1,x,train",
    "a mug,,2002,,s2,y,train",
    ",2.5,2003,Bolt,s3,x,val",
    "a pot,,,,s4,y,val",
]


@pytest.fixture
def table(tmp_path):
    def write(*lines, header=HEADER):
        path = tmp_path / "table.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return write


def rows_of(data, names=NAMES):
    return OwnData(data, "labels", names).scan().rows


def test_columns_are_read_by_their_names_in_any_case(table):
    rows = rows_of(table(*LINES))
    assert [row["tabular"] for row in rows] == [
        {"price": 1.5, "year": 2001.0, "brand": "Acme"},
        {"price": None, "year": 2002.0, "brand": None},
        {"price": 2.5, "year": 2003.0, "brand": "Bolt"},
        None,
    ]


def test_json_and_rows_in_memory_are_read_alike(table, tmp_path):
    path = table(*LINES)
    records = [dict(zip(HEADER.split(","), line.split(","))) for line in LINES]
    for row in records:
        row["Price"] = float(row["Price"] or "nan")
        row["year"] = np.int64(row["year"]) if row["year"] else None
        row["brand"] = row["brand"] or None
    expected = [row["tabular"] for row in rows_of(path)]
    for row in [row for row in records if row["year"]]:
        row["year"] = int(row["year"])
    other = tmp_path / "rows.jsonl"
    other.write_text("\n".join(map(json.dumps, records)))
    for data in (records, other):
        assert [row["tabular"] for row in rows_of(data)] == expected


def test_without_names_nothing_changes(table):
    data = OwnData(table(*LINES), "labels").scan()
    assert all("tabular" not in row for row in data.rows)
    assert any("Ignored columns" in note for note in data.notes)


def test_columns_alone_are_an_input(table):
    rows = rows_of(table("1,2,a,x", ",,,y", header="price,year,brand,label"))
    assert len(rows) == 1


@pytest.mark.parametrize(
    "cell, reason",
    [
        ("cheap", "`price`: expected a number. Received: 'cheap'"),
        ("inf", "`price`: expected a finite number. Received: 'inf'"),
        ("1_0", "`price`: expected a number. Received: '1_0'"),
    ],
)
def test_bad_cells_are_named_by_row_and_column(table, cell, reason):
    path = table(*LINES, f"a pan,{cell},2004,Acme,s5,x,train")
    [rows], _, skipped = datasets.read(path, ["train"], columns=NAMES)
    assert len(rows) == 2
    assert f"table.csv:6: {reason}" in skipped
    report = check.check(path, columns=NAMES)
    assert any(reason in str(problem) for problem in report.problems)
    assert report.counts["train with"] == {"text + tabular": 2}
    assert not any("train classify" in note for note in report.notes)


def test_a_check_says_which_columns_are_chosen(table):
    lines = [f"a cup,{i % 7}.5,{i},,s,{'xy'[i % 2]},train" for i in range(20)]
    notes = check.check(table(*lines)).notes
    [note] = [note for note in notes if "`mmkeras train classify`" in note]
    assert "numbers: Price. Columns of categories: none. " in note
    assert "left out: year (whole numbers that differ in each row" in note


def test_a_missing_column_is_named_with_the_closest_one(table):
    with pytest.raises(ValueError, match="no column `prices`.*mean `Price`"):
        datasets.read(
            table(*LINES), ["train", "val"], columns={"numbers": "prices"}
        )


@pytest.mark.parametrize(
    "names, reason",
    [
        ({"numbers": "label"}, "also read as `label`"),
        ({"categories": "Split"}, "also read as `split`"),
        ({"label": "brand", "categories": "brand"}, "also read as `label`"),
        ({"numbers": "year", "categories": "Year"}, "also read as numbers"),
        ({"number": "year"}, "unknown column, 'number'.*mean 'numbers'"),
        ({"numbers": "[1]"}, "Expected names of columns"),
        ({"numbers": "[a"}, "Expected a list of columns"),
    ],
)
def test_a_second_meaning_is_refused(table, names, reason):
    with pytest.raises(ValueError, match=reason):
        rows_of(table(*LINES), names)


def test_other_kinds_of_tables_have_no_such_columns(table):
    path = table("a.png,a cat,1", header="image,caption,price")
    with pytest.raises(ValueError, match="captions have no column `numbers`"):
        OwnData(path, "captions", {"numbers": "price"}).scan()


def test_lists_of_names_have_commas_or_are_json():
    assert columns.split(" a, b ,,a") == ("a", "b") == columns.split(["a", "b"])
    for names in (["a"], ["a", "b c"], ["a,b", "c"], ["[a", "é"], []):
        assert columns.split(columns.join(names)) == tuple(names)


def test_other_columns_are_those_of_no_field(table):
    data = OwnData(table(*LINES), "labels", {"text": "sku", "numbers": "year"})
    others, labels = data.other_columns()
    assert list(others) == ["Price", "year", "brand"]
    assert others["brand"] == ["Acme", "", "Bolt", ""]
    assert labels == ["x", "y", "x", "y"]


def test_raw_examples_have_a_tensor_for_each_column(table):
    data = examples.load(rows_of(table(*LINES)))
    raw = [example["tabular"] for example in data.as_numpy_iterator()]
    assert [row["brand"] for row in raw] == [b"Acme", b"", b"Bolt", b""]
    np.testing.assert_array_equal(
        [row["year"] for row in raw], [2001, 2002, 2003, np.nan]
    )
