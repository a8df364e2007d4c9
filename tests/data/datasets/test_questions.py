"""Sets of questions about images, as their authors distribute them."""

import json

import pytest
import question_datasets

from mmkeras.data import check
from mmkeras.data import datasets
from mmkeras.data.datasets.own import OwnData


@pytest.mark.parametrize("name", question_datasets.LAYOUTS)
def test_a_set_in_its_own_layout(name, tmp_path):
    question_datasets.LAYOUTS[name](tmp_path)
    source = datasets.get(name)
    rows = {s: source.rows(s, tmp_path) for s in ("train", "val", "test")}
    images = {s: {r["image"] for r in part} for s, part in rows.items()}
    groups = {s: {r["group"] for r in part} for s, part in rows.items()}
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not images[one] & images[other]
        assert not groups[one] & groups[other]
    report = check.check(name, tmp_path)
    assert report.ok, report.problems
    for split, part in rows.items():
        assert report.counts["splits"][split] == len(part)
        assert len({row["id"] for row in part}) == len(part)
        assert {row["split"] for row in part} == {split}
    raw = next(iter(source.load("train", tmp_path)))
    assert raw["question"].numpy().decode() == rows["train"][0]["question"]
    assert len(raw["image"].numpy()) > 100
    with pytest.raises(ValueError, match="split='tset'"):
        source.rows("tset", tmp_path)
    with pytest.raises(FileNotFoundError, match="not found"):
        source.scan(tmp_path / "elsewhere")


def test_easy_vqa(tmp_path):
    question_datasets.easy_vqa(tmp_path)
    source = datasets.get("easy-vqa")
    train, val = (source.rows(s, tmp_path) for s in ("train", "val"))
    assert (len(train), len(val)) == (36, 4)  # A tenth of the images.
    test = source.rows("test", tmp_path)
    assert [row["type"] for row in test[:2]] == ["color", "yes/no"]
    assert test[0]["image"].endswith("test/images/0.png")
    other = {r["group"] for r in source.rows("val", tmp_path, seed=1)}
    assert other != {r["group"] for r in val}
    question_datasets.put(
        tmp_path / "test" / "questions.json", [["what?", "x"]]
    )
    with pytest.raises(ValueError, match=r"expected \[question, answer, image"):
        source.rows("test", tmp_path)


def test_vqa_has_the_answers_of_all_annotators(tmp_path):
    question_datasets.vqa(tmp_path)
    source = datasets.get("vqa")
    first, second = source.rows("test", tmp_path)[:2]
    assert (
        first["label"] in question_datasets.COLOURS and first["type"] == "other"
    )
    assert first["answers"] == [first["label"]] * 9 + ["pink"]
    assert first["image"].endswith("val2014/COCO_val2014_000000000000.jpg")
    assert second["type"] == "yes/no" and second["group"] == first["group"]
    path = tmp_path / "v2_mscoco_val2014_annotations.json"
    content = json.loads(path.read_text())
    content["annotations"] = content["annotations"][1:]
    question_datasets.put(path, content)
    report = check.check("vqa", tmp_path)
    assert [p.kind for p in report.problems] == ["corrupt"]
    path.write_text("{")
    with pytest.raises(ValueError, match="not JSON of the expected form"):
        source.rows("test", tmp_path)


def test_clevr_types_follow_from_the_last_function(tmp_path):
    question_datasets.clevr(tmp_path)
    rows = datasets.get("clevr").rows("test", tmp_path / "CLEVR_v1.0")
    assert [row["type"] for row in rows[:2]] == ["query attribute", "exist"]
    assert rows[0]["image"].endswith("images/val/CLEVR_val_000000.png")
    kinds = {
        "equal_integer": "compare numbers",
        "less_than": "compare numbers",
        "equal_shape": "compare attribute",
        "count": "count",
    }
    clevr = datasets.get("clevr")
    for name, kind in kinds.items():
        assert clevr._type([{"type": "scene"}, {"type": name}]) == kind
    assert clevr._type(None) is None


def test_nlvr_trains_on_six_images_of_a_scene(tmp_path):
    question_datasets.nlvr(tmp_path)
    source = datasets.get("nlvr")
    train, test = (source.rows(s, tmp_path) for s in ("train", "test"))
    assert (len(train), len(test)) == (120, 4)
    assert train[5]["id"] == "train-0-0-5" and train[5]["group"] == "train-0"
    assert test[1]["id"] == "test-0-1-0" and test[1]["group"] == "test-0"
    assert {row["label"] for row in train} == {"true", "false"}
    (tmp_path / "dev" / "dev.json").write_text('{"sentence": "x"}\n')
    with pytest.raises(ValueError, match=r"dev.json:1: .*KeyError"):
        source.rows("val", tmp_path)


def test_equal_images_in_published_splits_are_no_error(tmp_path):
    question_datasets.nlvr(tmp_path)
    copy = (tmp_path / "train/images/0/train-0-0-0.png").read_bytes()
    (tmp_path / "dev/images/0/dev-0-0-0.png").write_bytes(copy)
    report = check.check("nlvr", tmp_path)
    assert report.ok, report.problems
    assert report.kinds == {"duplicate": 1}
    assert "train and val" in report.problems[0].detail


def test_your_own_table(tmp_path):
    path = tmp_path / "table.jsonl"
    lines = [
        {"image": "a.png", "question": "How many?", "answer": 2, "type": "n"},
        {"image": "a.png", "question": "Who?", "answers": ["I", "me", "me"]},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    first, second = OwnData(path, "questions").scan().rows
    assert first["label"] == "2" and first["answers"] is None
    assert first["type"] == "n" and first["image"] == str(tmp_path / "a.png")
    assert second["label"] == "me" and second["answers"] == ["I", "me", "me"]
    assert first["split"] == second["split"]  # By the image.
    path.unlink()
    path = tmp_path / "table.csv"
    path.write_text(
        "image,question,answers,split\na.png,Who?,me|I|I,val\n"
        "b.png,,x,train\nc.png,Who?,,train\nd.png,Who?,x,some\n"
    )
    data = OwnData(path, "questions").scan()
    assert [row["label"] for row in data.rows] == ["I"]
    assert [problem.where for problem in data.problems] == [
        f"{path}:{line}" for line in (3, 4, 5)
    ]
