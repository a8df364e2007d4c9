import collections

import pytest

from mmkeras.data import splits


def table(labels, **fields):
    """Rows of labels, by their numbers, without splits."""
    return [
        {
            "id": str(i),
            "split": None,
            "label": label,
            **{name: values[i] for name, values in fields.items()},
        }
        for i, label in enumerate(labels)
    ]


def counts(rows):
    return dict(collections.Counter((r["split"], r["label"]) for r in rows))


def test_each_class_has_its_share():
    rows = table(["good", "bad"] * 20)
    (note,) = splits.assign(rows, stratify=True)
    assert "32 train, 4 val, 4 test" in note
    assert counts(rows) == {
        **{("train", label): 16 for label in ("good", "bad")},
        **{("val", label): 2 for label in ("good", "bad")},
        **{("test", label): 2 for label in ("good", "bad")},
    }


@pytest.mark.parametrize(
    "labels",
    [
        ["a"] * 97 + ["b", "c", "c"],
        [f"{i % 30}" for i in range(60)],
        ["a", "a", "b"],
        [["a"], ["a", "b"], ["a", "c"], ["a"]] * 3 + [["d", "a"]],
        ["a"] * 19 + ["b"] * 2,
    ],
)
def test_each_class_is_trained_where_it_can_be(labels):
    rows = table(labels)
    splits.assign(rows, stratify=True)
    parts = collections.defaultdict(set)
    for row in rows:
        parts[row["split"]].update(row["label"])
    assert parts["train"] == parts["train"] | parts["val"] | parts["test"]
    assert parts["val"]


def test_the_same_table_has_the_same_splits():
    first, second = table(["a", "b", "c"] * 30), table(["a", "b", "c"] * 30)
    splits.assign(first, stratify=True)
    splits.assign(second[::-1], stratify=True)
    assert first == second


def test_numbers_are_spread():
    rows = table([i / 100 for i in range(100)])
    splits.assign(rows, stratify=True)
    val = [row["label"] for row in rows if row["split"] == "val"]
    assert len(val) == 10
    assert sum(label < 0.5 for label in val) in range(4, 7)


def test_validation_is_drawn_from_training():
    rows = table(["good", "bad"] * 20)
    for i, row in enumerate(rows):
        row["split"] = "test" if i < 20 else "train"
    (note,) = splits.assign(rows, stratify=True)
    assert "2 of the 20 training rows" in note
    assert counts(rows) == {
        **{("test", label): 10 for label in ("good", "bad")},
        **{("train", label): 9 for label in ("good", "bad")},
        **{("val", label): 1 for label in ("good", "bad")},
    }


def test_named_splits_stay():
    rows = table(["a"] * 3)
    for row, split in zip(rows, ("train", "val", None)):
        row["split"] = split
    assert splits.assign(rows) == []
    assert [row["split"] for row in rows] == ["train", "val", None]
    assert splits.assign([]) == []


def test_equal_files_and_groups_are_not_separated(tmp_path):
    paths = []
    for i in range(60):  # Each content in three files, of the same size.
        path = tmp_path / f"{i}.png"
        path.write_bytes(b"%3d" % (i // 3))
        paths.append(str(path))
    rows = table(["a", "b", "c"] * 20, image=paths)
    splits.assign(rows, stratify=True)
    for i in range(0, 60, 3):
        assert len({row["split"] for row in rows[i : i + 3]}) == 1
    assert {row["split"] for row in rows} == set(splits.SPLITS)
    linked = table(["a"] * 40, group=[str(i // 2) for i in range(40)])
    for row in linked[1:3]:
        row["audio"] = str(tmp_path / "missing.wav")  # Joins two groups.
    splits.assign(linked)
    assert len({row["split"] for row in linked[:4]}) == 1


def test_many_labels_of_few_rows_are_drawn_quickly():
    rows = table([f"{i // 2}" for i in range(20_000)])
    splits.assign(rows, stratify=True)
    counter = collections.Counter(row["split"] for row in rows)
    assert counter == {"train": 16_000, "val": 2_000, "test": 2_000}


def test_too_few_rows_have_no_validation():
    rows = table(["a", "b"])
    splits.assign(rows, stratify=True)
    assert [row["split"] for row in rows] == ["train", "train"]
    rows = table(["a", "a"])
    splits.assign(rows, stratify=True)
    assert sorted(row["split"] for row in rows) == ["train", "val"]
