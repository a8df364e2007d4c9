"""Training on a share of the training rows."""

import collections

import noted
import pytest

import mmkeras
from mmkeras.data import splits
from mmkeras.files import atomic
from mmkeras.training import config
from mmkeras.training import fraction
from mmkeras.training import sources
from mmkeras.training.examples import Data

NAME = "classify-text-bow"


def rows(count=40, group=4, split="train"):
    return [
        {
            "id": f"{split} {i}",
            "split": split,
            "text": f"it is {('day', 'night')[i % 4 == 0]}",
            "label": ("day", "night")[i % 4 == 0],
            **({"group": f"{split} {i // group}"} if group else {}),
        }
        for i in range(count)
    ]


def test_groups_stay_together_and_shares_are_nested():
    chosen = {
        share: splits.sample(rows(), share, 1) for share in (0.01, 0.3, 0.5, 1)
    }
    assert [x[1:] for x in chosen.values()] == [(1, 10), (3, 10), (5, 10)] + [
        (10, 10)
    ]
    ids = [[row["id"] for row in part] for part, *_ in chosen.values()]
    for small, large in zip(ids, ids[1:]):
        assert set(small) < set(large)
    counts = collections.Counter(row["group"] for row in chosen[0.3][0])
    assert set(counts.values()) == {4}
    assert ids[-1] == [row["id"] for row in rows()]  # In their order.


def test_classes_keep_their_shares_and_seeds_differ():
    table = rows(400, group=None)
    first, other = (splits.sample(table, 0.1, seed)[0] for seed in (0, 1))
    for part in (first, other):
        labels = collections.Counter(row["label"] for row in part)
        assert labels == {"day": 30, "night": 10}
    assert first != other
    assert splits.sample(table[::-1], 0.1, 0)[0] == first[::-1]


def test_images_of_one_content_stay_together(tmp_path):
    for i in range(8):
        (tmp_path / f"{i}.png").write_bytes(bytes([i // 2]) * 9)
    table = [
        {"id": f"{i}", "split": "train", "image": str(tmp_path / f"{i}.png")}
        for i in range(8)
    ]
    part, *counts = splits.sample(table, 0.5)
    assert counts == [2, 4]
    numbers = collections.Counter(int(row["id"]) // 2 for row in part)
    assert set(numbers.values()) == {2}


def test_validation_rows_are_a_share_if_they_were_drawn():
    data = Data(rows(40), rows(8, split="val"))
    part, counts = fraction.apply(data, 0.5, 0)
    assert len(part.train) == 20 and part.val == data.val
    assert counts == {"rows": [20, 40], "groups": [5, 10], "seed": 0}
    part, _ = fraction.apply(Data(*(data.train, data.val), True), 0.5, 0)
    assert len(part.val) == 4
    assert fraction.apply(data, None, 0) == (data, None)


@pytest.mark.parametrize("value", [0, 1.5, -0.1])
def test_other_shares_are_refused(value):
    with pytest.raises(ValueError, match="fraction"):
        config.resolve(NAME, {"train.fraction": value})


@pytest.mark.usefixtures("eager_models", "module_cache")
def test_the_log_and_the_run_say_what_was_trained_on(tmp_path):
    notes = noted.Notes()
    data = [*rows(40), *rows(8, split="val")]
    task = mmkeras.train(
        *(NAME, data, tmp_path / "run"),
        config={"model.dim": 4, "data.min_count": 1},
        epochs=1,
        fraction=0.5,
        seed=3,
        reporter=notes,
    )
    card = atomic.read_json(tmp_path / "run" / "run.json")
    assert card["arguments"]["train"]["fraction"] == 0.5
    assert card["fraction"]["rows"] == [20, 40]
    assert any("0.5: 20 of 40 training rows (5 of 10" in x for x in notes.notes)
    source = sources.make(NAME, data)
    trained = sources.split_rows(task, source, "train", notes, card)
    expected, *_ = splits.sample(rows(40), 0.5, 3)
    assert [x["id"] for x in trained] == [x["id"] for x in expected]
