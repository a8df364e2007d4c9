import random

import keras
import numpy as np
import pytest
from checks import check_config
from checks import numpy

from mmkeras import balance


def build(alpha=0.3, noise=0.0):
    """A strong modality of 4 features and a weak one of 3; one dense each."""
    random.seed(0)  # Keras draws the seeds of its initializers from there.
    inputs = {
        "strong": keras.Input((4,), name="strong"),
        "weak": keras.Input((3,), name="weak"),
    }
    features = {
        name: keras.layers.Dense(5, name=f"{name}_encoder")(x)
        for name, x in inputs.items()
    }
    outputs = balance.modulated(features, 2, alpha, noise)
    return balance.Modulated(inputs, outputs)


def data(count=64):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, count)
    sign = 2.0 * y[:, None] - 1
    x = {
        "strong": 3 * sign + rng.normal(size=(count, 4)),
        "weak": 0.1 * sign + rng.normal(size=(count, 3)),
    }
    return {k: v.astype("float32") for k, v in x.items()}, y


def compiled(model, optimizer=None):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or keras.optimizers.SGD(0.05), loss)
    return model


def shares(model):
    return {
        name: float(numpy(model.get_layer(f"modulate_{name}").share))
        for name in ("strong", "weak")
    }


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_trains_under_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    model = compiled(build(noise=1.0))
    model.fit(*data(32), batch_size=16, epochs=1, verbose=0)
    assert 0 < shares(model)["strong"] < 1
    assert np.isfinite(numpy(model.get_layer("weak_encoder").kernel)).all()


def test_the_sum_of_logits_is_a_dense_layer_on_all():
    model = build()
    x, _ = data(6)
    logits = numpy(model(x))
    np.testing.assert_allclose(
        logits["fusion"],
        logits["strong"] + logits["weak"],
        rtol=1e-5,
        atol=1e-6,
    )
    plain = model.to_inference_model()
    np.testing.assert_allclose(
        numpy(plain(x)), logits["fusion"], rtol=1e-5, atol=1e-6
    )


def test_the_one_ahead_is_slowed_down_by_the_formula():
    model = compiled(build(), keras.optimizers.SGD(0.0))
    x, y = data()
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype(w.dtype)
            if w.ndim == 2
            else numpy(w)
            for w in model.get_weights()
        ]
    )
    logits = numpy(model(x))
    model.fit(x, y, batch_size=64, epochs=1, verbose=0)
    scores = {}
    for name in ("strong", "weak"):
        exp = np.exp(logits[name])
        probabilities = exp / exp.sum(axis=1, keepdims=True)
        scores[name] = probabilities[np.arange(64), y].sum()
    for name, other in (("strong", "weak"), ("weak", "strong")):
        ratio = scores[name] / scores[other]
        expected = 1 - np.tanh(0.3 * ratio) if ratio > 1 else 1
        assert shares(model)[name] == pytest.approx(expected, abs=1e-4)
    assert sorted(shares(model).values())[1] == 1


def gradient(model, x, y):
    """What one step of SGD at rate 1 takes from the branches."""
    compiled(model, keras.optimizers.SGD(1.0))
    layers = [model.get_layer(f"{n}_encoder") for n in ("strong", "weak")]
    before = [numpy(layer.kernel) for layer in layers]
    model.train_on_batch(x, y)
    return [b - numpy(layer.kernel) for b, layer in zip(before, layers)]


def test_the_gradient_of_a_branch_is_scaled():
    x, y = data()
    whole = gradient(build(), x, y)
    model = build()
    model.get_layer("modulate_strong").share.assign(0.25)
    scaled = gradient(model, x, y)
    np.testing.assert_allclose(scaled[0], 0.25 * whole[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(scaled[1], whole[1], rtol=1e-4, atol=1e-6)


def test_noise_comes_with_the_scale_alone():
    x, y = data()
    whole = gradient(build(), x, y)
    noisy = gradient(build(noise=1.0), x, y)
    np.testing.assert_allclose(noisy[0], whole[0], rtol=1e-4, atol=1e-6)
    model = build(noise=1.0)
    model.get_layer("modulate_strong").share.assign(0.25)
    first = gradient(model, x, y)
    assert np.abs(first[0] - 0.25 * whole[0]).max() > 1e-4
    assert np.isfinite(first[0]).all()
    np.testing.assert_allclose(first[1], whole[1], rtol=1e-4, atol=1e-6)


def test_learns_under_fit_and_leaves_the_strong_one_less():
    x, y = data(256)
    model = compiled(build(noise=0.5), keras.optimizers.Adam(0.02))
    history = model.fit(x, y, batch_size=32, epochs=8, verbose=0)
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
    final = shares(model)
    assert final["strong"] < 0.9 and final["weak"] == 1
    classes = numpy(model.to_inference_model()(x)).argmax(axis=1)
    assert np.mean(classes == y) > 0.95


def test_missing_examples_are_not_compared():
    model = build()
    layers = {
        name: model.get_layer(f"modulate_{name}") for name in ("strong", "weak")
    }
    y = np.eye(2, dtype="float32")[[0, 0, 1]]
    logits = {
        "strong": np.array([[2, 0], [2, 0], [9, 0]], "float32"),
        "weak": np.array([[1, 0], [-9, 0], [0, 1]], "float32"),
    }
    weights = {"strong": np.array([1, 1, 0]), "weak": np.array([1, 0, 1])}
    balance.update_shares(layers, y, logits, weights)
    ratio = (1 + np.exp(-1)) / (1 + np.exp(-2))
    assert shares(model)["strong"] == pytest.approx(1 - np.tanh(0.3 * ratio))
    assert shares(model)["weak"] == 1
    weights["weak"] = np.zeros(3)
    balance.update_shares(layers, y, logits, weights)
    assert shares(model) == {"strong": 1, "weak": 1}


def test_there_is_no_noise_where_the_gradient_is_zero():
    layer = balance.GradientModulation(seed=0)
    inputs = {n: keras.Input((3,), name=n) for n in ("x", "weight")}
    x = keras.layers.EinsumDense("bi,i->bi", 3, name="scale")(inputs["x"])
    model = keras.Model(inputs, layer(x) * inputs["weight"])
    model.compile(keras.optimizers.SGD(1.0), "mae")
    layer.share.assign(0.25)
    kernel = numpy(model.get_layer("scale").kernel)
    weight = np.tile(np.float32([1, 0, 1]), (4, 1))
    x = np.ones((4, 3), "float32")
    model.train_on_batch({"x": x, "weight": weight}, x + 9)
    change = numpy(model.get_layer("scale").kernel) - kernel
    assert change[1] == 0 and change[0] != change[2] != 0


def test_saves_and_passes_outside_training(tmp_path):
    model = compiled(build(alpha=0.5, noise=1.0))
    x, y = data()
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert type(loaded) is balance.Modulated
    assert loaded.get_layer("modulate_weak").alpha == 0.5
    assert shares(loaded) == shares(model)
    np.testing.assert_allclose(
        numpy(loaded(x))["fusion"],
        numpy(model(x))["fusion"],
        rtol=1e-5,
        atol=1e-6,
    )
    loaded.fit(x, y, verbose=0)
    layer = balance.GradientModulation(0.5, 0.5, seed=3)
    check_config(layer)
    np.testing.assert_array_equal(numpy(layer(x["weak"])), x["weak"])
    same = numpy(layer(x["weak"], training=True))
    np.testing.assert_array_equal(same, x["weak"])
