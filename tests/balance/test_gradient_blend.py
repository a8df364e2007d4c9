import keras
import numpy as np
import pytest
from checks import numpy

from mmkeras import balance


def test_weights_are_gain_by_squared_overfitting():
    before = {"image": (2.0, 2.0), "audio": (2.0, 2.2), "fusion": (2.0, 2.1)}
    after = {"image": (1.0, 1.5), "audio": (1.8, 2.1), "fusion": (0.5, 1.5)}
    raw = {
        "image": 0.5 / 0.5**2,
        "audio": 0.1 / (0.3 - 0.2) ** 2,
        "fusion": 0.6 / (1.0 - 0.1) ** 2,
    }
    weights = balance.blend_weights(before, after)
    assert sum(weights.values()) == pytest.approx(1)
    for name, value in raw.items():
        assert weights[name] == pytest.approx(value / sum(raw.values()))


def test_a_head_that_gets_worse_weighs_nothing():
    before = {"a": (1.0, 1.0), "b": (1.0, 1.0)}
    after = {"a": (0.5, 1.2), "b": (0.9, 0.9)}
    assert balance.blend_weights(before, after) == {"a": 0.0, "b": 1.0}
    with pytest.raises(ValueError, match="No head improved on validation"):
        balance.blend_weights(before, before)


@pytest.fixture(scope="module")
def data():
    """A modality that generalizes, and one that identifies each example."""
    rng = np.random.default_rng(0)

    def part(count, seed):
        y = rng.integers(0, 2, count)
        sign = 2.0 * y[:, None] - 1
        x = {
            "tells": sign + rng.normal(size=(count, 3)),
            "names": rng.normal(size=(count, 60)) + 0.1 * sign,
        }
        return {k: v.astype("float32") for k, v in x.items()}, y

    return part(60, 0), part(400, 1)


def build(data):
    keras.utils.set_random_seed(0)
    (x, _), _ = data
    inputs = {k: keras.Input(v.shape[1:], name=k) for k, v in x.items()}
    features = {
        name: keras.layers.Dense(16, "relu", name=f"{name}_encoder")(value)
        for name, value in inputs.items()
    }
    return balance.blended(inputs, features, 2)


@pytest.mark.slow
def test_what_overfits_weighs_less_and_fit_takes_the_weights(data):
    train, val = data
    model = build(data)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    start = model.get_weights()
    weights = balance.estimate(
        model, train, val, loss, epochs=6, optimizer="rmsprop", batch_size=10
    )
    assert set(weights) == {"tells", "names", "fusion"}
    assert weights["tells"] > 3 * weights["names"]
    for value, initial in zip(model.get_weights(), start, strict=True):
        np.testing.assert_array_equal(value, initial)
    model.compile(
        "rmsprop", loss=dict.fromkeys(weights, loss), loss_weights=weights
    )
    labels = dict.fromkeys(weights, train[1])
    model.fit(train[0], labels, epochs=15, batch_size=10, verbose=0)
    logits = numpy(model(val[0]))
    accuracy = {
        k: np.mean(v.argmax(axis=1) == val[1]) for k, v in logits.items()
    }
    assert accuracy["tells"] > 0.8 > accuracy["names"]
