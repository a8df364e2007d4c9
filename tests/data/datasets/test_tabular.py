"""Tables as people write them: separators, spelling, encodings, mistakes."""

import codecs
import json

import pytest

from mmkeras.data import check
from mmkeras.data import problems
from mmkeras.data.datasets.own import OwnData

CELLS = [
    ["text", "label", "split"],
    ["good day", "pos", "train"],
    ["bad; very, bad", "neg", "train"],
    ["fine", "pos", "val"],
]


def write(folder, text, name="table.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def separated(separator, cells=CELLS):
    lines = [[f'"{c}"' if separator in c else c for c in row] for row in cells]
    return "\n".join(map(separator.join, lines)) + "\n"


def labels(path):
    return [
        (row["text"], row["label"])
        for row in OwnData(path, "labels").scan().rows
    ]


EXPECTED = [(text, label) for text, label, _ in CELLS[1:]]


@pytest.mark.parametrize(
    ("name", "separator", "noted"),
    [
        ("table.csv", ",", False),
        ("table.csv", ";", True),
        ("table.csv", "\t", True),
        ("table.tsv", "\t", False),
        ("table.TSV", ",", True),
        ("table.jsonl", "\t", True),
    ],
)
def test_the_separator_is_recognised(tmp_path, name, separator, noted):
    path = write(tmp_path, separated(separator), name)
    assert labels(path) == EXPECTED
    notes = [
        n for n in OwnData(path, "labels").scan().notes if "separated by" in n
    ]
    assert bool(notes) == (noted and separator != ",") or name == "table.TSV"


def test_json_lines_named_csv_are_read(tmp_path):
    line = json.dumps({"text": "a", "label": "x", "split": "train"})
    path = write(tmp_path, line)
    assert labels(path) == [("a", "x")]
    assert "table.csv is read as JSONL." in OwnData(path, "labels").scan().notes


def test_a_table_in_a_folder_may_be_tsv(tmp_path):
    write(tmp_path, separated("\t"), "table.tsv")
    assert labels(tmp_path) == EXPECTED


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    text = "text,label,split\ncafé,x,train\n"
    data = marks.get(encoding, b"") + text.encode(encoding)
    assert labels(write(tmp_path, data)) == [("café", "x")]
    line = json.dumps({"text": "café", "label": "x"}, ensure_ascii=False)
    data = marks.get(encoding, b"") + line.encode(encoding)
    assert labels(write(tmp_path, data, "a.jsonl")) == [("café", "x")]


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16-le", "latin-1"])
def test_another_encoding_is_named(tmp_path, encoding):
    text = "text,label,split\ncafé,x,train\n"
    scan = OwnData(write(tmp_path, text.encode(encoding)), "labels").scan()
    (problem,) = scan.problems
    assert "save" in problem.detail and "UTF-8" in problem.detail


def test_columns_are_recognised_in_any_case_and_with_spaces(tmp_path):
    path = write(tmp_path, "Text, Label, SPLIT\ngood day, pos, train\n")
    (row,) = OwnData(path, "labels").scan().rows
    assert (row["text"], row["label"]) == ("good day", "pos")
    assert row["split"] == "train"
    assert (
        "The column 'Label' is read as 'label'."
        in OwnData(path, "labels").scan().notes
    )
    line = json.dumps({"Text": "a", "LABEL": "x"})
    path = write(tmp_path, line, "a.jsonl")
    assert labels(path) == [("a", "x")]
    notes = OwnData(path, "labels").scan().notes
    assert "The column 'LABEL' is read as 'label'." in notes


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("text,class,split", "Did you mean `label` for `class`?"),
        ("text,lable,split", "Did you mean `label` for `lable`?"),
        ("sentence,label,split", "Did you mean `text` for `sentence`?"),
    ],
)
def test_a_misspelt_column_is_named_once_with_a_suggestion(
    tmp_path, header, hint
):
    rows = [["day", "x", "train"]] * 40
    path = write(tmp_path, separated(",", [header.split(","), *rows]))
    lines = problems.summarize(check.check(path, kind="labels").problems)
    assert hint in lines[0] and "table.csv:1:" in lines[0]
    with pytest.raises(ValueError, match="Did you mean"):
        OwnData(path, "labels").rows("train")
    line = json.dumps(dict(zip(header.split(","), rows[0])))
    path = write(tmp_path, "\n".join([line] * 40), "a.jsonl")
    report = check.check(path, kind="labels")
    assert len([p for p in report.problems if p.kind == "corrupt"]) == 40
    lines = problems.summarize(report.problems)
    lines = [line for line in lines if line.startswith("corrupt")]
    assert len(lines) == 1
    assert "1, 2, 3, 4, 5 and 35 more lines" in lines[0] and hint in lines[0]


def test_columns_that_are_not_read_are_named_once(tmp_path):
    lines = ["text,label,split,author,Class"] + ["a,x,train,me,y"] * 9
    notes = OwnData(write(tmp_path, "\n".join(lines)), "labels").scan().notes
    assert "Ignored columns: `author`, `Class`." in notes
    rows = [{"text": "a", "label": "x", "wav": "1.wav"}] * 9
    path = write(tmp_path, "\n".join(map(json.dumps, rows)), "a.jsonl")
    (note,) = [
        n for n in OwnData(path, "labels").scan().notes if "Ignored" in n
    ]
    assert note.endswith("`wav` (did you mean `audio`?).")


@pytest.mark.parametrize("name", ["table.csv", "table.jsonl"])
@pytest.mark.parametrize(
    ("data", "row", "other"),
    [
        ("captions", {"image": "a.png", "label": "x"}, "labels"),
        ("captions", {"text": "a", "label": "x"}, "labels"),
        ("labels", {"image": "a.png", "caption": "a dog"}, "captions"),
        (
            "labels",
            {"image": "a", "question": "b", "answer": "c"},
            "questions",
        ),
        ("questions", {"image": "a.png", "caption": "a dog"}, "captions"),
        (
            "captions",
            {"image": "a", "question": "b", "answer": "c"},
            "questions",
        ),
    ],
)
def test_a_table_of_another_kind_is_named(tmp_path, name, data, row, other):
    text = json.dumps(row)
    if name.endswith("csv"):
        text = f"{','.join(row)}\n{','.join(row.values())}\n"
    scan = OwnData(write(tmp_path, text, name), data).scan()
    assert f"This is a table of {other}" in scan.problems[0].detail


def test_several_caption_columns_are_several_captions(tmp_path):
    text = (
        "image,caption,caption,split\n1.jpg,A dog.,Two,train\n2.jpg,,One,val\n"
    )
    rows = OwnData(write(tmp_path, text), "captions").scan().rows
    assert [row["captions"] for row in rows] == [["A dog.", "Two"], ["One"]]
    text = "image;caption;captions\n1.jpg;A;B|C\n"
    (row,) = OwnData(write(tmp_path, text), "captions").scan().rows
    assert sorted(row["captions"]) == ["A", "B", "C"]
    line = '{"image": "1.jpg", "caption": "A", "captions": ["B", "C"]}'
    (row,) = OwnData(write(tmp_path, line, "a.jsonl"), "captions").scan().rows
    assert sorted(row["captions"]) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("data", "text", "column"),
    [
        ("labels", "text,label,label\na,x,y\n", "label"),
        ("labels", "text,label,Label\na,x,y\n", "label"),
        ("labels", "text,label,author,author\na,x,y,z\n", "author"),
        ("captions", "image,image,caption\n1.jpg,2.jpg,A\n", "image"),
        ("labels", '{"text": "a", "label": "x", "label": "y"}', "label"),
        ("labels", '{"text": "a", "label": "x", "Label": "y"}', "label"),
        (
            "captions",
            '{"image": "a", "caption": "x", "caption": "y"}',
            "caption",
        ),
    ],
)
def test_any_other_column_that_occurs_twice_is_named(
    tmp_path, data, text, column
):
    name = "a.jsonl" if text.startswith("{") else "a.csv"
    (problem,) = OwnData(write(tmp_path, text, name), data).scan().problems
    assert problem.kind == "corrupt"
    assert problem.detail == f"the column `{column}` occurs twice"


def test_nameless_columns_may_be_several(tmp_path):
    path = write(tmp_path, "text,label,,\na,x,,\n")
    assert labels(path) == [("a", "x")]


def test_blank_lines_come_before_the_header(tmp_path):
    scan = OwnData(
        write(tmp_path, "\n\ntext,label\na,x\n,y\n"), "labels"
    ).scan()
    assert [row["text"] for row in scan.rows] == ["a"]
    assert scan.problems[0].where.endswith("table.csv:5")


def test_a_json_array_is_named(tmp_path):
    text = json.dumps([{"text": "a", "label": "x"}], indent=1)
    (problem,) = (
        OwnData(write(tmp_path, text, "a.jsonl"), "labels").scan().problems
    )
    assert "not a JSON array" in problem.detail
