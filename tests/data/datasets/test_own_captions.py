import json

import pytest

from mmkeras.data.datasets.own import OwnData


def captions(source):
    return OwnData(source, "captions")


def write(folder, text, name="data.csv"):
    path = folder / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(data)
    return path


def test_reads_csv(tmp_path):
    path = write(
        tmp_path,
        "\ufeffimage,caption,split\r\n"
        "p/1.jpg,A dog.,train\r\n"
        'p/1.jpg,"A dog, running",training\r\n'
        "p/2.jpg,ein Hündchen,dev\r\n",
    )
    assert captions(path).rows("train") == [
        {
            "id": "p/1.jpg",
            "image": str(tmp_path / "p/1.jpg"),
            "captions": ["A dog.", "A dog, running"],
            "split": "train",
        }
    ]
    (row,) = captions(tmp_path).rows("val")
    assert row["captions"] == ["ein Hündchen"]


def test_reads_several_captions_of_a_cell(tmp_path):
    write(tmp_path, "split,captions,image\ntest,A dog. | Two|,1.jpg\n")
    (row,) = captions(tmp_path).rows("test")
    assert row["captions"] == ["A dog.", "Two"]


def test_reads_jsonl(tmp_path):
    lines = [
        {"image": "1.jpg", "captions": ["a", "b"], "split": "train"},
        {"image": "/abs/2.jpg", "caption": "狗", "split": "train", "by": 3},
        {"image": "3.jpg", "caption": "c", "split": "val"},
    ]
    text = "\n\n".join(map(json.dumps, lines))
    rows = captions(write(tmp_path, text, "my.jsonl")).rows("train")
    assert [row["captions"] for row in rows] == [["a", "b"], ["狗"]]
    assert rows[1]["image"] == "/abs/2.jpg"


def test_draws_the_split_by_hash(tmp_path):
    names = [f"{number}.jpg" for number in range(1000)]
    write(tmp_path, "image,caption\n" + "".join(f"{n},x\n" for n in names))
    data = captions(tmp_path).scan()
    splits = {row["id"]: row["split"] for row in data.rows}
    counts = [list(splits.values()).count(s) for s in ("train", "val", "test")]
    assert counts == [800, 100, 100]
    assert "rows are assigned by a hash" in data.notes[0]
    (tmp_path / "other").mkdir()  # Neither the order nor the folder matters.
    lines = "".join(f"{n},x\n" for n in names[::-1])
    write(tmp_path / "other", f"image,caption\n{lines}")
    again = captions(tmp_path / "other").scan().rows
    assert {row["id"]: row["split"] for row in again} == splits


def test_draws_validation_images_where_there_are_none(tmp_path):
    lines = "".join(f"{n % 20}.jpg,x,train\n" for n in range(40))
    write(tmp_path, f"image,caption,split\n{lines}20.jpg,x,test\n")
    assert [len(captions(tmp_path).rows(s)) for s in ("train", "val")] == [
        18,
        2,
    ]
    assert "2 of the 20 training rows" in captions(tmp_path).scan().notes[0]


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        (b"image,caption\n1.jpg,\xff\n2.jpg,b\n", 2, "not valid UTF-8"),
        (b"image,caption\n1.jpg,a\0b\n2.jpg,b\n", 2, "null character"),
        (b'image,caption\n2.jpg,b\n1.jpg,"a\n', 3, "end of data"),
        (b"image,caption\n1.jpg," + b"a" * 200_000, 2, "field limit"),
        (b"image,caption\n1.jpg,a\n2.jpg\n", 3, "expected 2 cells"),
        (b"image,caption\n1.jpg,a,c\n", 2, "expected 2 cells"),
        (b"image,caption\n,a\n", 2, "`image`"),
        (b"image,caption,split\n1.jpg,a,trein\n", 2, "'trein'"),
        (b'image,caption\n1.jpg,"a"b\n2.jpg,c\n', 2, "expected after"),
        (b"picture,caption\n1.jpg,a\n", 1, "Received: ['picture', 'caption']"),
        (b"", 1, "Received: []"),
    ],
)
def test_names_malformed_lines_of_csv(tmp_path, text, line, detail):
    path = write(tmp_path, text)
    (problem,) = captions(tmp_path).scan().problems
    assert problem.kind == "corrupt"
    assert problem.where == f"{path}:{line}"
    assert detail in problem.detail
    (tmp_path / "data.csv").write_bytes(text + b"\n3.jpg,good\n")
    if line == 1:
        with pytest.raises(ValueError, match="data.csv:1"):
            captions(tmp_path).rows("train")
    elif "end of data" not in detail and "split" not in str(text):
        with pytest.warns(UserWarning, match=f"data.csv:{line}"):
            assert captions(tmp_path).rows("train")


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b'{"image": "1.jpg"', "invalid JSON"),
        (b'{"image": "\xff.jpg"}', "not valid UTF-8"),
        (b'{"image": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"image": ' + b"[" * 900 + b"]" * 900 + b"}", "nested too deeply"),
        (b'{"image": "a", "image": "b", "caption": "c"}', "occurs twice"),
        (b'{"image": "a\\u0000.jpg", "caption": "c"}', "null character"),
        (b'{"image": "a\\ud83d.jpg", "caption": "c"}', "surrogate"),
        (b'{"image": "a.jpg", "caption": "\\ud83d"}', "surrogate"),
        (b'{"image": "data:image/png;base64,' + b"A" * 5000, "invalid JSON"),
        (b"[1]", "a JSON object"),
        (b'{"caption": "a"}', "`image`"),
        (b'{"image": 3, "caption": "a"}', "`image`"),
        (b'{"image": "a", "caption": 3}', "text in `caption`"),
        (b'{"image": "a", "captions": "b"}', "list in `captions`"),
        (b'{"image": "a", "captions": [1]}', "list in `captions`"),
        (b'{"image": "a", "caption": "b", "split": 1}', "`split`. Received: 1"),
    ],
)
def test_names_malformed_lines_of_jsonl(tmp_path, line, detail):
    good = b'{"image": "0.jpg", "caption": "a", "split": "train"}\n'
    path = write(tmp_path, good + line + b"\n" + good, "data.jsonl")
    (problem,) = captions(tmp_path).scan().problems
    assert problem.where == f"{path}:2"
    assert detail in problem.detail
    with pytest.warns(UserWarning, match="data.jsonl:2"):
        assert captions(tmp_path).rows("train")


def test_names_rows_without_a_split(tmp_path):
    path = write(tmp_path, "image,caption,split\n1.jpg,a,train\n2.jpg,b,\n")
    (problem,) = captions(tmp_path).scan().problems
    assert problem.where == f"{path}: 2.jpg"
    assert "in `split`, as in the other rows" in problem.detail


def test_names_captions_that_are_no_unicode(tmp_path):
    write(tmp_path, '{"image": "1.jpg", "caption": "\\ud800"}', "a.jsonl")
    (problem,) = captions(tmp_path).scan().problems
    assert problem.kind == "corrupt"
    assert problem.where == str(tmp_path / "a.jsonl:1")


def test_an_image_in_two_splits_stays_two_rows(tmp_path):
    write(tmp_path, "image,caption,split\n1.jpg,a,train\n1.jpg,b,test\n")
    splits = [row["split"] for row in captions(tmp_path).scan().rows]
    assert splits == ["train", "test"]


def test_asks_which_of_two_tables(tmp_path):
    write(tmp_path, "image,caption\n")
    write(tmp_path, "", "data.jsonl")
    with pytest.raises(FileNotFoundError, match="data.csv"):
        captions(tmp_path).scan()
