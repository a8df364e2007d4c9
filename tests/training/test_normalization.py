import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.tasks import targets
from mmkeras.training import callbacks
from mmkeras.training import checkpoint
from mmkeras.training import normalization

TARGET = targets.make(codecs.Labels(["a", "b"]))
RNG = np.random.default_rng(0)
X = RNG.normal([3.0, -1.0], [2.0, 0.5], (64, 2)).astype("float32")
Y = np.eye(2, dtype="float32")[(X[:, 0] > 3).astype(int)]


def build(dropout=0.0):
    x = keras.Input((2,))
    y = keras.layers.Dropout(dropout, seed=1)(x)
    y = keras.layers.BatchNormalization(name="norm")(y)
    return keras.Model(x, keras.layers.Dense(2, name="logits")(y))


def statistics(model, steps=8):
    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    return normalization.Statistics(model, batches, 8, steps)


def values(variables):
    return [keras.ops.convert_to_numpy(v) for v in variables]


def test_statistics_are_the_means_over_the_batches():
    model = build()
    statistics(model).reestimate()
    norm = model.get_layer("norm")
    parts = X.reshape(8, 8, 2)
    np.testing.assert_allclose(norm.moving_mean, X.mean(0), rtol=1e-4)
    variance = parts.var(axis=1).mean(axis=0)
    np.testing.assert_allclose(norm.moving_variance, variance, rtol=1e-4)


def test_only_statistics_change():
    model = build(dropout=0.5)
    norm = model.get_layer("norm")
    moving = {id(norm.moving_mean), id(norm.moving_variance)}
    others = [v for v in model.variables if id(v) not in moving]
    before = values(others)
    again = statistics(model)
    again.reestimate()
    first = values(again.variables)
    again.reestimate()
    for one, other in zip(first, values(again.variables)):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(before, values(others)):
        np.testing.assert_array_equal(one, other)
    assert norm.momentum == 0.99


def test_training_goes_on_with_its_own_momentum():
    model = build()
    statistics(model).reestimate()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    norm = model.get_layer("norm")
    before = np.array(norm.moving_mean)
    model.fit(X[:8], Y[:8], batch_size=8, verbose=0)
    expected = 0.99 * before + 0.01 * X[:8].mean(axis=0)
    np.testing.assert_allclose(norm.moving_mean, expected, rtol=1e-4)


def test_frozen_statistics_are_left_alone():
    model = build()
    model.get_layer("norm").trainable = False
    statistics(model).reestimate()
    np.testing.assert_array_equal(model.get_layer("norm").moving_mean, [0, 0])


def test_the_best_weights_have_statistics_of_their_own(tmp_path):
    model = build()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    values = []

    def evaluate():
        values.append(np.array(model.get_layer("norm").moving_mean))
        return {"val_accuracy": 0.5}

    best = callbacks.Validate(
        tmp_path / "best.npz", evaluate, "val_accuracy", None, statistics(model)
    )
    model.fit(X, Y, batch_size=8, epochs=1, verbose=0, callbacks=[best])
    np.testing.assert_allclose(values[0], X.mean(axis=0), rtol=1e-4)
    moving = np.array(model.get_layer("norm").moving_mean)
    assert np.abs(moving).max() < 0.2 * np.abs(X.mean(axis=0)).max()
    checkpoint.restore(tmp_path / "best.npz", model)
    np.testing.assert_array_equal(
        model.get_layer("norm").moving_mean, values[0]
    )


def test_small_variances_are_right_after_some_hundred_steps(tmp_path):
    """Their moving averages still hold 0.5 % of the 1 at which they begin."""
    model = build()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    small = 0.01 * X
    batches = tf.data.Dataset.from_tensor_slices((small, Y)).batch(8)
    again = normalization.Statistics(model, batches, 8, 8)
    variances = []

    def evaluate():
        variances.append(np.array(model.get_layer("norm").moving_variance))
        return {"val_accuracy": 0.5}

    best = callbacks.Validate(
        tmp_path / "best.npz", evaluate, "val_accuracy", None, again
    )
    repeated = batches.repeat(65)  # 520 steps.
    model.fit(repeated, epochs=1, verbose=0, callbacks=[best])
    expected = small.reshape(8, 8, 2).var(axis=1).mean(axis=0)
    np.testing.assert_allclose(variances[0], expected, rtol=1e-3)


def learned(model):
    """Sets the weights that answer rightly where the input is normalised."""
    kernel = np.array([[-5.0, 5.0], [0.0, 0.0]])
    model.get_layer("logits").set_weights([kernel, np.zeros(2)])
    return model


def test_statistics_that_do_not_fit_are_warned_of():
    model = learned(build())
    moving = values(model.variables)
    with pytest.warns(UserWarning, match="in training mode but .* inference"):
        statistics(model).check(TARGET)
    for before, after in zip(moving, values(model.variables)):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("dropout", [0.0, 0.9])
def test_statistics_that_fit_are_not_warned_of(dropout):
    model = learned(build(dropout))
    model.get_layer("norm").moving_mean.assign(X.mean(axis=0))
    model.get_layer("norm").moving_variance.assign(X.var(axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        statistics(model).check(TARGET)


@pytest.mark.parametrize(
    ("kind", "logits", "y", "weight", "expected"),
    [
        ("single", [[0, 1], [1, 0]], [[0, 1], [0, 1]], None, [1, 0]),
        ("single", [[0, 1], [1, 0]], [[0, 1], [0, 0]], None, [1]),
        ("single", [[0, 1], [1, 0]], [[0, 1], [0, 1]], [1, 0], [1]),
        ("multi", [[-1, 1], [1, 1]], [[0, 1], [0, 1]], [1, 1], [1, 1, 0, 1]),
        ("text", [[[0, 1, 0], [0, 0, 1]]], [[1, 0]], [1], [1]),
        (
            "single",
            [[[0, 1], [1, 0], [1, 0]]],
            [[[0, 1], [0, 1], [0, 0]]],
            [[1, 1, 0]],
            [1, 0],
        ),
    ],
)
def test_what_counts_as_right(kind, logits, y, weight, expected):
    label = codecs.Labels(["a", "b"], kind) if kind != "text" else None
    target = targets.make(label)
    weight = None if weight is None else np.array(weight)
    values = normalization.correct(
        target, np.array(logits), np.array(y), weight
    )
    np.testing.assert_array_equal(values, np.array(expected, bool))
