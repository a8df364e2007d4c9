"""Trainings with and without pretrained branches: statistics and figures."""

import json

import numpy as np
import pytest
import tiny_tasks
from rich.console import Console

from mmkeras import evaluation
from mmkeras.evaluation import charts
from mmkeras.evaluation import figures
from mmkeras.evaluation import tables
from mmkeras.evaluation import transfer as statistics
from mmkeras.evaluation import transfer_runs
from mmkeras.files import atomic

WITHOUT = [[0.10, 0.12, 0.11], [0.30, 0.31, 0.29], [0.50, 0.52, 0.51]]
PRETRAINED = [[0.30, 0.33, 0.30], [0.33, 0.29, 0.30], [0.40, 0.41, 0.42]]


def make(without=WITHOUT, pretrained=PRETRAINED, metric="accuracy"):
    shares = (0.1, 0.3, 1.0)
    return evaluation.Transfer(
        metric, shares, (60, 180, 600), without, pretrained
    )


def test_intervals_are_those_of_student():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for count in (2, 3, 10):
        x = rng.normal(size=count)
        mean, *bounds = statistics.interval(x)
        expected = stats.t.interval(0.95, count - 1, x.mean(), stats.sem(x))
        assert mean == pytest.approx(x.mean())
        np.testing.assert_allclose(bounds, expected, rtol=1e-3)
    _, low, high = statistics.interval(rng.normal(size=30))
    assert np.isfinite([low, high]).all()


def test_gains_are_of_pairs_with_the_same_seed():
    transfer = make()
    gains = np.array(transfer.gains)
    np.testing.assert_allclose(
        gains[:, 0], np.mean(np.subtract(PRETRAINED, WITHOUT), axis=1)
    )
    expected = statistics.interval([0.2, 0.21, 0.19])
    np.testing.assert_allclose(gains[0], expected)
    first, second, third, *others = transfer.summary.splitlines()
    assert first.startswith(
        "At 10 % of the training rows, pretraining gains: +20.0 points of "
        "accuracy (95 % interval +"
    )
    assert "30 % of the training rows, pretraining does not gain" in second
    assert "100 % of the training rows, pretraining hurts: -10.0" in third
    assert others == [
        "With pretraining, 10 % of the training rows are on average at least "
        "as good as 30 % without."
    ]


def test_no_gain_is_said_plainly():
    summary = make(pretrained=WITHOUT).summary
    assert summary.splitlines()[-1] == (
        "Pretraining does not gain significantly at any share of the training "
        "rows."
    )


def test_one_seed_has_no_interval():
    one = make(*(np.array(x)[:, :1] for x in (WITHOUT, PRETRAINED)))
    assert "one seed: no interval" in one.summary
    report = json.loads(json.dumps(one.to_json(), allow_nan=False))
    assert report["gains"][0] == [pytest.approx(0.2), None, None]
    assert report["without"] == [row[:1] for row in WITHOUT]
    assert figures.png(charts.transfer(one)).startswith(b"\x89PNG")
    assert "30.0" in text_of(tables.transfer("Title", one))


def text_of(table):
    console = Console(width=120, record=True, file=open("/dev/null", "w"))
    console.print(table)
    return console.export_text()


def test_table_and_curve():
    transfer = make()
    lines = text_of(tables.transfer("Title", transfer)).splitlines()
    row = next(line for line in lines if "10 %" in line)
    assert all(x in row for x in ("60", "11.0 ± 1.0", "31.0 ± 1.7", "+20.0 ("))
    axes = charts.transfer(transfer).axes[0]
    first, second = (c.lines[0] for c in axes.containers)
    np.testing.assert_allclose(first.get_xdata(), [10, 30, 100])
    np.testing.assert_allclose(
        second.get_ydata(), 100 * np.mean(WITHOUT, axis=1)
    )


def card(name, command="", train=None, **arguments):
    arguments |= {"architecture": name, "train": train or {}, "model": {}}
    return {"arguments": arguments, "command": f"mmkeras train {command}"}


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pre") / "run"
    tiny_tasks.build("pretrain-image-text").save(folder)
    content = card("pretrain-image-text", dataset="", fingerprint="", seed=0)
    content["arguments"] |= {"data": {}, "task": {}}
    content["arguments"]["model"] = {"image": "small.npz", "dim": 8}
    atomic.write_json(folder / "run.json", content)
    return folder


def test_both_trainings_begin_with_the_same_network(pretrained, tmp_path):
    command = "x --data y model.dim=16 train.init_branches=image train.folds=2"
    run = card("caption-cnn-transformer", command, init="runs/other")
    arms = transfer_runs.find_arms(tmp_path, run, pretrained)
    shared = {"model.dim": 16, "train.head": "full"}
    assert arms.values == {
        "without": {
            **shared,
            "model.image": "small.npz",
            "data.image_size": 32,
        },
        "pretrained": {**shared, "train.init_branches": "image"},
    }
    assert arms.init("without") is None
    assert arms.init("pretrained") == str(pretrained)
    own = card("retrieve-image-text", "x model.image=own.npz")
    arms = transfer_runs.find_arms(tmp_path, own, pretrained)
    assert arms.values["without"]["model.image"] == "own.npz"
    assert arms.values["pretrained"]["train.init_branches"] == "image,text"
    assert "model.image" not in arms.values["pretrained"]


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("classify-features-mlp", {}, "no branch that can be replaced by"),
        ("caption-cnn-transformer", {"init": "runs/a"}, "continues runs/a"),
        ("classify-image-cnn", {"train": {"head": "linear"}}, "linear head"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    pretrained, tmp_path, name, options, message
):
    with pytest.raises(ValueError, match=message):
        transfer_runs.find_arms(tmp_path, card(name, **options), pretrained)


@pytest.mark.parametrize("fractions", [[], [0, 1], [0.5, 1.1]])
def test_other_shares_are_refused(pretrained, tmp_path, fractions):
    with pytest.raises(ValueError, match=r"in \(0, 1\]"):
        transfer_runs.transfer(tmp_path, pretrained, "cider", "val", fractions)
