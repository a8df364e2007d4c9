"""Numbers and categories beside a text, from a table to an export."""

import csv
import json
import shlex

import numpy as np
import pytest
from command_line import call
from noted import Notes

import mmkeras
from mmkeras import serving
from mmkeras.evaluation.robustness import corruptible
from mmkeras.files import atomic
from mmkeras.training import linear_head
from mmkeras.training import local_networks

KINDS = {"new": 0.6, "used": -0.6, "other": 0.2}
OPTIONS = [
    *["train.epochs=30", "train.precision=float32", "model.dim=16"],
    *["train.learning_rate=0.01", "train.batch_size=16"],
]


def products(count=160, seed=0):
    """Products; the price and the type together tell whether one is dear."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        kind = str(rng.choice(list(KINDS)))
        price = round(rng.uniform(10, 90), 2)
        is_dear = KINDS[kind] + (price - 50) / 40 > 0
        rows.append(
            {
                "sku": f"{i:04}",
                "text": f"a {rng.choice(['cup', 'mug', 'pot'])}",
                "Price (EUR)": "" if i % 20 == 5 else price,
                "Type": "" if i % 20 == 15 else kind,
                "label": "dear" if is_dear else "cheap",
                "split": ("train", "val", "test")[max(0, i % 8 - 5)],
            }
        )
    return rows


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("products")
    write(folder / "products.csv", products())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_CACHE", str(folder / "cache"))
        patch.delenv(local_networks.VARIABLE, raising=False)
        result = call(
            *["train", "classify", "--data", folder / "products.csv"],
            *["--out", folder / "run", *OPTIONS],
        )
    assert result.exit_code == 0, result.output
    (folder / "output.txt").write_text(" ".join(result.output.split()))
    return folder


@pytest.fixture(scope="module")
def task(home):
    return mmkeras.load(home / "run")


@pytest.mark.slow
def test_the_choice_of_columns_is_printed_and_recorded(home):
    output = (home / "output.txt").read_text()
    assert "Columns of numbers: Price (EUR)." in output
    assert "Columns of categories: Type." in output
    assert "Columns left out: sku (160 different texts in 160 rows)" in output
    card = atomic.read_json(home / "run" / "run.json", dict)
    names = {"numbers": "Price (EUR)", "categories": "Type"}
    assert card["columns"] == names
    words = shlex.split(card["command"])
    assert "numbers=Price (EUR)" in words and "categories=Type" in words


def test_the_columns_tell_what_the_text_cannot(home, task):
    assert task.fields == ["text", "tabular"]
    metrics = mmkeras.evaluate(home / "run", "test")
    assert metrics["accuracy"] > 0.85
    assert metrics["subset_tabular"] > 0.85 > metrics["subset_text"] + 0.1
    assert metrics["worth_tabular"] > metrics["worth_text"] + 0.2


def test_the_statistics_are_those_of_the_training_rows(task):
    prices = [
        row["Price (EUR)"]
        for row in products()
        if row["split"] == "train" and row["Price (EUR)"]
    ]
    column = task.codecs["tabular"].numbers["Price (EUR)"]
    assert column["mean"] == pytest.approx(np.mean(prices), rel=1e-6)
    assert column["deviation"] == pytest.approx(np.std(prices), rel=1e-6)
    assert column["has_missing"]


def test_rows_are_predicted_in_python_with_any_cell_missing(task):
    answers = task.answer(
        {
            "text": ["a cup"] * 5,
            "Price (EUR)": [80, 20.0, None, np.nan, np.inf],
            "Type": ["new", "used", "new", "New", "new"],
        }
    )
    assert answers["label"][:2].tolist() == ["dear", "cheap"]
    assert answers["error"][:4].tolist() == [""] * 4
    assert answers["error"][4] == (
        "tabular: `Price (EUR)`: expected a finite number"
    )
    assert task.answer({"Type": ["new"]})["error"].tolist() == [""]
    empty = task.answer({"text": [""], "Type": [""]})["error"]
    assert empty.tolist() == [
        "example has no input: text and tabular are all missing"
    ]


def test_a_table_is_predicted_and_a_bad_cell_is_an_error(home):
    table = write(
        home / "new.csv",
        [
            {"id": "a", "price (eur)": "85", "type": "new", "text": "a cup"},
            {"id": "b", "price (eur)": "15", "type": "used", "text": ""},
            {"id": "c", "price (eur)": "cheap", "type": "used", "text": ""},
            {"id": "d", "price (eur)": "", "type": "Unseen", "text": ""},
        ],
    )
    result = call("predict", home / "run", table, "--jsonl")
    assert result.exit_code == 1, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["label"] for row in rows[:2]] == ["dear", "cheap"]
    assert rows[2]["error"] == (
        "tabular: `Price (EUR)`: expected a number. Received: 'cheap'"
    )
    assert "error" not in rows[3]
    [answer] = mmkeras.predict(home / "run", [{"Type": "used"}])
    assert answer["error"] == ""
    with pytest.raises(ValueError, match=r"takes text, Price \(EUR\), Type."):
        mmkeras.predict(home / "run", [{"colour": "red"}])


def test_another_table_has_to_have_the_columns(home):
    rows = [{k: v for k, v in r.items() if k != "Type"} for r in products()]
    with pytest.raises(ValueError, match="there is no column `Type`"):
        mmkeras.evaluate(home / "run", data=rows, columns={"text": "text"})


def test_a_dropped_cell_lowers_the_score(home, task):
    assert corruptible(task)["tabular"] == "tabular"
    result = call("report", home / "run", "--robustness")
    assert result.exit_code == 0, result.output
    assert "tabular: drop" in " ".join(result.output.split())


@pytest.mark.slow
def test_an_export_takes_raw_columns_and_answers_alike(home, task):
    folder = mmkeras.export(home / "run", home / "exports" / "products")
    card = json.loads((folder / "golden.json").read_text())
    described = {k: (v["dtype"], v["shape"]) for k, v in card["inputs"].items()}
    assert described == {
        "text": ("string", [None]),
        "Price__EUR_": ("float32", [None]),
        "Type": ("string", [None]),
    }
    rows = products(40, seed=1)
    batch = {
        "text": [row["text"] for row in rows],
        "Price (EUR)": [row["Price (EUR)"] or None for row in rows],
        "Type": [row["Type"] for row in rows[1:]] + ["Unseen"],
    }
    batch["Price (EUR)"][3] = np.inf
    expected = task.answer(batch)
    batch["Price__EUR_"] = batch.pop("Price (EUR)")
    answers = serving.load(folder).predict(batch)
    assert answers["label"] == expected["label"].tolist()
    assert answers["error"] == expected["error"].tolist()
    np.testing.assert_allclose(
        answers["probability"], expected["probability"], atol=1e-5
    )


def test_the_card_of_a_preset_has_the_columns(home):
    result = call("preset", home / "run", home / "preset")
    assert result.exit_code == 0, result.output
    card = (home / "preset" / "README.md").read_text()
    assert """"Price (EUR)": [...], "Type": [...]""" in card
    assert "columns Price (EUR), Type." in " ".join(card.split())
    assert mmkeras.load(home / "preset").columns[1:] == ["Price (EUR)", "Type"]


def train(rows, out, **options):
    notes = Notes()
    task = mmkeras.train(
        *("classify", rows, out),
        reporter=notes,
        **{"epochs": 1, "precision": "float32", **options},
    )
    return task, notes.notes


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMKERAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(local_networks.VARIABLE, raising=False)


@pytest.mark.slow
def test_named_columns_win(tmp_path, cache):
    task, notes = train(
        products(40), tmp_path / "run", columns={"categories": ["Type"]}
    )
    assert task.columns == ["text", "Type"]
    assert not any("Columns of numbers" in note for note in notes)
    again, _ = train(products(40), tmp_path / "none", columns={"numbers": ""})
    assert again.columns == ["text"]


@pytest.mark.slow
def test_a_recoded_label_is_left_out_unless_it_is_named(tmp_path, cache):
    rows = [{**row, "grade": row["label"].upper()} for row in products(40)]
    task, notes = train(rows, tmp_path / "run")
    assert "grade" not in task.columns and "Type" in task.columns
    warning = "The column grade alone tells the label of every row"
    assert any(warning in note and "left out" in note for note in notes)
    names = {"categories": "grade"}
    task, notes = train(rows, tmp_path / "named", columns=names)
    assert task.columns == ["text", "grade"]
    assert any(warning in note and "as given" in note for note in notes)


def test_columns_alone_have_a_linear_head(tmp_path, cache):
    rows = [{k: v for k, v in r.items() if k != "text"} for r in products()]
    task, notes = train(rows, tmp_path / "run")
    assert linear_head.is_linear(task.model) and task.fields == ["tabular"]
    training = atomic.read_json(tmp_path / "run" / "training.json", dict)
    assert training["cross_validation"]["value"] > 0.85
    again = mmkeras.train(
        *("classify", rows, tmp_path / "again"),
        init=tmp_path / "run",
        reporter=Notes(),
        epochs=1,
    )
    assert again.columns == task.columns
    with pytest.raises(ValueError, match=r"run takes.*, Type. Received: Type"):
        mmkeras.train(
            *("classify", rows, tmp_path / "other"),
            init=tmp_path / "run",
            columns={"numbers": None, "categories": "Type"},
            reporter=Notes(),
        )


def test_vectors_and_columns_share_a_linear_head(tmp_path, cache):
    rng = np.random.default_rng(0)
    rows = [{**row, "features": rng.normal(size=3)} for row in products()]
    rows = [{k: v for k, v in r.items() if k != "text"} for r in rows]
    task, notes = train(rows, tmp_path / "run")
    assert linear_head.is_linear(task.model)
    assert task.fields == ["features", "tabular"]
    assert any("(features and tabular alone)" in note for note in notes)


def test_architectures_without_such_an_input_refuse_them(tmp_path):
    with pytest.raises(ValueError, match="takes no columns of numbers or"):
        mmkeras.train(
            *("classify-text-bow", products(40), tmp_path),
            columns={"numbers": "price"},
        )


def test_the_keys_are_listed():
    result = call("config", "classify-any")
    for name in ("numbers", "categories"):
        assert f"data.columns.{name}" in result.output
    assert "data.columns" not in call("config", "classify-text-bow").output
