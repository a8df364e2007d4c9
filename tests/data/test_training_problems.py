import pytest

from mmkeras.data import check
from mmkeras.data import training_problems


def row(label, number=0, **fields):
    return {"id": str(number), "label": label, "text": "a", **fields}


def problems_of(splits):
    return [(p.kind, p.where) for p in training_problems.find(splits)]


def test_good_data_has_no_problems():
    splits = {"train": [row("a"), row("b")], "val": [row("a")]}
    assert problems_of(splits) == []
    training_problems.require(training_problems.find(splits))
    assert problems_of({"train": [row(0.5), row(1.5)], "val": [row(2.5)]}) == []


@pytest.mark.parametrize("label", ["a", 0.5, ["a", "b"]])
def test_one_label_for_all_is_refused(label):
    splits = {"train": [row(label)] * 3, "val": [row(label)]}
    assert problems_of(splits) == [("label", "train")]
    with pytest.raises(ValueError, match="all 3 training rows.*mmkeras check"):
        training_problems.require(training_problems.find(splits))


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_without_rows_is_refused(split):
    splits = {"train": [row("a"), row("b")], "val": [row("a")], split: []}
    assert problems_of(splits) == [("split", split)]
    with pytest.raises(ValueError, match=f"split: {split}: there are no"):
        training_problems.require(training_problems.find(splits))


def test_labels_that_are_not_trained_are_named_by_row():
    splits = {
        "train": [row("a"), row("b")],
        "val": [row("a", 3), row("c", 4)],
        "test": [row("d", 5)],
    }
    assert set(problems_of(splits)) == {("unseen", "4"), ("unseen", "5")}
    training_problems.require(training_problems.find(splits))
    several = {"train": [row(["a"]), row([])], "val": [row(["a", "b"], 6)]}
    assert problems_of(several) == [("unseen", "6")]


def test_answers_to_questions_may_be_new():
    question = {"question": "What?"}
    train = [row("a", **question), row("b", **question)]
    assert problems_of({"train": train, "val": [row("c", **question)]}) == []


def write(folder, lines, header="text,label,split"):
    path = folder / "table.csv"
    path.write_text("\n".join([header, *lines]))
    return path


@pytest.mark.parametrize(
    "lines, kind, where",
    [
        (["a a,x,train", "b b,x,train", "c,x,val"], "label", "train"),
        (["a a,x,train", "b b,y,train", "c,z,val"], "unseen", "4"),
        (["a a,x,test", "b b,y,val"], "split", "train"),
        (["a a,x,train", "b b,y,train"], "split", "val"),
    ],
)
def test_check_names_what_training_refuses(tmp_path, lines, kind, where):
    report = check.check(write(tmp_path, lines))
    assert not report.ok
    assert (kind, where) in [(p.kind, p.where) for p in report.problems]


def test_check_describes_the_labels(tmp_path):
    lines = ["a a,x,train", "b b,y,train", "c,x,val"]
    path = write(tmp_path, lines)
    notes = check.check(path).notes
    assert notes[0] == "label: 2 classes (x, y)"
    path = write(tmp_path, [line.replace("x", "1") for line in lines])
    report = check.check(path, target="labels")
    assert report.notes[0] == "label: several of 2 labels (1, y)"
    with pytest.raises(ValueError, match="`target`.*captions"):
        check.check(path, target="class", kind="captions")
