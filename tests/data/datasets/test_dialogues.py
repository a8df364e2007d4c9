"""Dialogues about images: VisDial, rendered digits, your own table."""

import json

import dialogue_datasets
import pytest
import question_datasets

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets import digits_discussed
from mmkeras.data.datasets import visdial
from mmkeras.data.datasets.own import OwnData
from mmkeras.data.synthetic import digits_discussed as synthetic


def test_visdial(tmp_path):
    dialogue_datasets.visdial(tmp_path)
    source = datasets.get("visdial")
    rows = {s: source.rows(s, tmp_path) for s in ("train", "val", "test")}
    assert [len(rows[s]) for s in rows] == [54, 6, 12]
    assert not {r["group"] for r in rows["train"]} & {
        r["group"] for r in rows["val"]
    }
    first, second, third = rows["test"][:3]
    colour = first["label"]
    assert first["history"] == f"a {colour} image"
    assert second["history"].split("\n")[1] == f"what color is it {colour}"
    assert third["id"] == "val-0-3" and third["question"] == "is it red"
    assert len(first["candidates"].split("\n")) == dialogue_datasets.CANDIDATES
    assert colour in first["candidates"].split("\n")
    place = third["candidates"].split("\n").index(third["label"])
    assert first["relevance"] is None and third["relevance"][place] == 1
    assert rows["train"][0]["relevance"] is None
    assert first["image"].endswith(
        "VisualDialog_val2018/VisualDialog_val2018_000000000000.jpg"
    )
    assert "train2014/COCO_train2014_" in rows["train"][0]["image"]
    assert check.check("visdial", tmp_path).ok
    raw = next(iter(source.load("test", tmp_path)))
    assert raw["history"].numpy().decode() == first["history"]
    path = tmp_path / "visdial_1.0_val.json"
    content = json.loads(path.read_text())
    content["data"]["dialogs"][1]["dialog"][0]["gt_index"] = 99
    question_datasets.put(path, content)
    assert [p.kind for p in visdial.scan(tmp_path).problems] == ["corrupt"]
    path.write_text('{"data": []}')
    assert "expected a dict" in str(visdial.scan(tmp_path).problems[0])
    path.unlink()
    assert (
        "File not found: visdial_1.0_val.json"
        in visdial.scan(tmp_path).notes[0]
    )


def test_images_of_digits_are_of_their_split(tmp_path):
    folder = dialogue_datasets.mnist(tmp_path / "mnist")
    rows = digits_discussed.rows("val", folder, count=3)
    assert rows == digits_discussed.rows("val", folder, count=3)
    assert {row["group"] for row in rows} == {"val-0", "val-1", "val-2"}
    assert rows[0]["image"][:4] == b"\x89PNG"
    assert set(rows[0]["candidates"].split("\n")) == set(synthetic.ANSWERS)
    other = digits_discussed.rows("val", folder, seed=1, count=3)
    assert other[0]["image"] != rows[0]["image"]
    with pytest.raises(ValueError, match="split='tset'"):
        digits_discussed.rows("tset", folder)
    with pytest.raises(FileNotFoundError, match="MNIST"):
        digits_discussed.rows("val", tmp_path / "elsewhere")


def test_your_own_table(tmp_path):
    path = tmp_path / "table.jsonl"
    lines = [
        {
            "image": "a.png",
            "question": "Are they black?",
            "history": ["How many dogs?  Two.", "Asleep? no"],
            "answer": "no",
            "candidates": ["yes", "no"],
            "split": "test",
        },
        {"image": "a.png", "question": "Who?", "answer": 2, "split": "test"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    first, second = OwnData(path, "dialogues").rows("test")
    assert first["history"] == "How many dogs? Two.\nAsleep? no"
    assert first["candidates"] == "yes\nno" and first["label"] == "no"
    assert second["history"] is None and second["candidates"] is None
    assert second["label"] == "2" and second["group"] == "a.png"
    path.unlink()
    path = tmp_path / "table.csv"
    path.write_text(
        "image,history,question,answer,candidates,split\n"
        "a.png,Who? me|Why? so,What?,x,x|y,val\n"
        "a.png,,What?,x,z|y,val\nb.png,,,x,,val\nc.png,,What?,,,val\n"
        "d.png,,What?,x,,some\ne.png,a||b,What?,x,,val\n"
    )
    data = OwnData(path, "dialogues").scan()
    assert [row["history"] for row in data.rows] == ["Who? me\nWhy? so"]
    assert [problem.where for problem in data.problems] == [
        f"{path}:{line}" for line in (3, 4, 5, 6, 7)
    ]
