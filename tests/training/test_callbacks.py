import csv
import types

import keras
import numpy as np
import pytest

from mmkeras.training import callbacks
from mmkeras.training import checkpoint


def fit(*parts, epochs=4, start=0, **options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1, **options), "mse")
    x, y = np.ones((4, 2)), np.zeros((4, 1))
    model.fit(
        x, y, epochs=epochs, initial_epoch=start, callbacks=parts, verbose=0
    )
    return model


def test_best_weights_are_those_of_the_best_epoch(tmp_path):
    scores = iter([0.1, 0.5, 0.3, 0.2])
    weights = []
    best = callbacks.Validate(
        tmp_path / "best.npz", lambda: {"val_cider": next(scores)}
    )
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: weights.append(best.model.get_weights())
    )
    model = fit(best, keep)
    assert checkpoint.restore(tmp_path / "best.npz", model)["epoch"] == 1
    for value, expected in zip(model.get_weights(), weights[1]):
        np.testing.assert_array_equal(value, expected)


def test_of_losses_the_least_is_the_best(tmp_path):
    losses = iter([3.0, 1.0, 2.0, 1.5, 0.5])
    best = callbacks.Validate(
        tmp_path / "b.npz", lambda: {"val_loss": next(losses)}, "val_loss", 1
    )
    fit(best, epochs=5)
    assert best.state == {"best": 1.0, "loss": 1.0, "epoch": 1}


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.69, 0.2, 0.3], 1),
        ([0.69, 0.2, 0.2], 2),
        ([None, None, None], 2),
        ([0.2, float("nan"), 0.3], 0),
    ],
)
def test_of_equal_figures_the_lower_loss_is_the_best_then_the_later_epoch(
    tmp_path, losses, expected
):
    losses = iter(losses)

    def evaluate():
        loss = next(losses)
        extra = {} if loss is None else {"val_loss": loss}
        return {"val_accuracy": 1.0, **extra}

    best = callbacks.Validate(tmp_path / "best.npz", evaluate, "val_accuracy")
    model = fit(best, epochs=3)
    assert checkpoint.restore(tmp_path / "best.npz", model)["epoch"] == expected


def test_a_lower_loss_does_not_make_up_for_a_lower_figure(tmp_path):
    values = iter([(0.9, 0.5), (0.8, 0.1)])

    def evaluate():
        return dict(zip(("val_cider", "val_loss"), next(values)))

    best = callbacks.Validate(tmp_path / "best.npz", evaluate)
    fit(best, epochs=2)
    assert best.state["epoch"] == 0


def test_patience_stops(tmp_path):
    scores = iter([0.5, 0.4, 0.3, 0.2, 0.1])
    best = callbacks.Validate(
        tmp_path / "b.npz", lambda: {"val_cider": next(scores)}, patience=1
    )
    curves = callbacks.LogCurves(tmp_path)
    fit(best, curves, epochs=5)
    assert len(curves.state) == 3


def test_averages_are_scored_and_raw_weights_come_back(tmp_path):
    values = []
    scores = iter([1.0, 0.5])

    def evaluate():
        values.append(best.model.get_weights()[0].copy())
        return {"val_cider": next(scores)}

    best = callbacks.Validate(tmp_path / "b.npz", evaluate)
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: values.append(best.model.get_weights()[0])
    )
    model = fit(best, keep, epochs=2, use_ema=True, ema_momentum=0.9)
    first, _, averaged, raw = values
    assert not np.array_equal(averaged, raw)
    checkpoint.restore(tmp_path / "b.npz", model)
    np.testing.assert_array_equal(model.get_weights()[0], first)


def test_log_continues_after_a_resume(tmp_path, draw, monkeypatch):
    monkeypatch.setattr(callbacks.LogCurves, "_draw", draw)
    first = callbacks.LogCurves(tmp_path)
    fit(first, epochs=2)
    second = callbacks.LogCurves(tmp_path)
    second.state = first.state
    fit(second, epochs=3, start=2)
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert (tmp_path / "curves.png").read_bytes()[1:4] == b"PNG"


def test_curves_are_drawn_twice_a_minute_and_at_the_end(tmp_path, monkeypatch):
    curves, plots = callbacks.LogCurves(tmp_path), []
    curves._draw = lambda file: plots.append(len(curves.state))
    clock = types.SimpleNamespace(perf_counter=lambda: 8.0 * len(curves.state))
    monkeypatch.setattr(callbacks, "time", clock)
    fit(curves, epochs=10)
    assert plots == [4, 8, 10]


def test_collapse_warns_after_so_many_epochs():
    same = callbacks.WarnOnCollapse(lambda: ["a dog"] * 5, patience=2)
    with pytest.warns(UserWarning, match="every image: 'a dog'"):
        fit(same, epochs=2)


def test_collapse_is_silent_when_captions_differ(recwarn):
    fit(callbacks.WarnOnCollapse(lambda: ["a dog", "a cat"], patience=1))
    assert not [w for w in recwarn if "every image" in str(w.message)]


def test_a_loss_of_chance_warns():
    warn = callbacks.WarnOnChance(np.log(512))
    with pytest.warns(UserWarning, match="In epoch 2 the loss stayed at 6.2"):
        warn.on_epoch_end(1, {"loss": 6.22})


@pytest.mark.parametrize("loss", [6.0, 7.5])
def test_other_losses_do_not_warn(loss, recwarn):
    callbacks.WarnOnChance(np.log(512)).on_epoch_end(1, {"loss": loss})
    assert not recwarn


def test_a_loss_that_is_no_number_stops():
    with pytest.raises(ValueError, match="loss became nan in epoch 1"):
        callbacks.FailOnNaN().on_epoch_end(0, {"loss": float("nan")})
